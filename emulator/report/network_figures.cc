#include "emulator/report/network_figures.h"

#include "emulator/report/svg_chart.h"
#include "emulator/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

namespace murmur::report {

namespace {

constexpr std::string_view kNotMeasured =
    "Links were not measured (--link-bins=0, or a network of the program's own), or the run has "
    "not ended.";
constexpr std::size_t kMostBars = 64;
constexpr double kMostBins = 1e5;
constexpr std::size_t kListedLinks = 8;

struct Place {
    std::string_view name;
    const char* title;
    Color color;
};
constexpr std::array kPlaces{Place{"uplink", "uplinks", Color::kBlue},
                             Place{"downlink", "downlinks", Color::kOrange},
                             Place{"core", "core links", Color::kGreen}};

/// Links of one place, by link number.
std::map<double, std::size_t> links_at(const CsvTable& links, std::string_view place) {
    std::map<double, std::size_t> rows;
    for (std::size_t row = 0; row < links.rows(); ++row) {
        if (links.text("place")[row] == place) {
            rows.emplace(links["link"][row], row);
        }
    }
    return rows;
}

/// The bins of link-use.csv: all of one width, but for the last.
struct Bins {
    double width = 0;
    std::size_t count = 0;

    explicit Bins(const CsvTable& use) {
        for (std::size_t row = 0; row < use.rows(); ++row) {
            width = std::max(width, use["duration_s"][row]);
        }
        for (std::size_t row = 0; row < use.rows(); ++row) {
            count = std::max(count, of(use["sim_time_s"][row]) + 1);
        }
    }
    /// @throws std::runtime_error  where no run has written such a time
    [[nodiscard]] std::size_t of(double begin) const {
        const double bin = std::round(begin / width);
        if (!(bin >= 0 && bin < kMostBins)) {
            throw std::runtime_error(fmt::format(
                "link-use.csv: got a time of {} s among parts of {} s, allowed 0 to {} parts",
                begin,
                width,
                kMostBins));
        }
        return static_cast<std::size_t>(bin);
    }
    [[nodiscard]] std::vector<double> centers() const {
        std::vector<double> centers;
        for (std::size_t bin = 0; bin < count; ++bin) {
            centers.push_back((static_cast<double>(bin) + 0.5) * width);
        }
        return centers;
    }
};

/// Mean over the links of a place; a link without a row was idle.
Series use_of(const Place& place,
              const CsvTable& use,
              const std::map<double, std::size_t>& links,
              const Bins& bins) {
    Series series{.name = place.title, .y = std::vector<double>(bins.count), .color = place.color};
    for (std::size_t row = 0; row < use.rows(); ++row) {
        if (links.contains(use["link"][row])) {
            series.y[bins.of(use["sim_time_s"][row])] +=
                use["utilization"][row] / static_cast<double>(links.size());
        }
    }
    return series;
}

struct Part {
    const char* column;
    const char* name;
    Color color;
};
constexpr std::array kParts{Part{"slowest_own_s", "own bytes", Color::kBlue},
                            Part{"slowest_others_s", "behind others", Color::kOrange},
                            Part{"slowest_latency_s", "latency", Color::kGreen},
                            Part{"slowest_window_s", "window", Color::kGray}};

std::vector<std::size_t> rows_with_transfers(const CsvTable& rounds) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < rounds["slowest_s"].size(); ++row) {
        if (std::isfinite(rounds["slowest_s"][row])) {
            rows.push_back(row);
        }
    }
    return rows;
}

std::string heading_of(const CsvTable& rounds, std::size_t row) {
    return fmt::format("Round {}: node {} to node {}, bound by {}",
                       rounds["round"][row],
                       rounds["slowest_from"][row],
                       rounds["slowest_to"][row],
                       rounds.text("slowest_bound")[row]);
}

BarChart slowest_bars(const CsvTable& rounds, const std::vector<std::size_t>& rows) {
    BarChart chart;
    chart.description = "Parts of the time that the slowest message of each round took";
    chart.x_axis = {.title = "Round", .round_outwards = false, .is_integer = true};
    chart.y_axis = {.title = "Simulated time", .unit = Unit::kSeconds};
    for (const Part& part : kParts) {
        chart.layers.push_back({.name = part.name, .heights = {}, .color = part.color});
    }
    const std::size_t bars = std::min(rows.size(), kMostBars);
    chart.edges.push_back(0);
    for (std::size_t bar = 0; bar < bars; ++bar) {
        const std::size_t begin = bar * rows.size() / bars;
        const std::size_t end = (bar + 1) * rows.size() / bars;
        chart.edges.push_back(static_cast<double>(end));
        for (std::size_t part = 0; part < kParts.size(); ++part) {
            double sum = 0;
            for (std::size_t i = begin; i < end; ++i) {
                sum += rounds[kParts[part].column][rows[i]];
            }
            chart.layers[part].heights.push_back(sum / static_cast<double>(end - begin));
        }
        chart.headings.push_back(end - begin == 1 ? heading_of(rounds, rows[begin])
                                                  : fmt::format("Mean of rounds {} to {}",
                                                                rounds["round"][rows[begin]],
                                                                rounds["round"][rows[end - 1]]));
    }
    return chart;
}

/// Such as "uplink 12, window 3".
std::string count_bounds(const CsvTable& rounds, const std::vector<std::size_t>& rows) {
    std::map<std::string, std::size_t> counts;
    for (const std::size_t row : rows) {
        ++counts[rounds.text("slowest_bound")[row]];
    }
    std::string text;
    for (const auto& [bound, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", bound, count);
    }
    return text;
}

}  // namespace

Figure link_use_over_time_figure(const RunFolder& run) {
    Figure figure{.title = "Link use over time", .svg = "", .caption = std::string(kNotMeasured)};
    if (run.link_use.is_empty() || run.links.is_empty()) {
        return figure;
    }
    const Bins bins(run.link_use);
    LineChart chart;
    chart.description = "Share of time that links were busy, against simulated time";
    chart.x_axis = {.title = "Simulated time", .unit = Unit::kSeconds};
    chart.y_axis = {.title = "Utilization", .unit = Unit::kPercent, .from_zero = true};
    chart.x = bins.centers();
    for (const Place& place : kPlaces) {
        if (const auto links = links_at(run.links, place.name); !links.empty()) {
            chart.series.push_back(use_of(place, run.link_use, links, bins));
        }
    }
    figure.svg = draw(chart);
    figure.caption =
        "Time that links were busy in each part of the run, mean over all links of a place.";
    return figure;
}

Figure slowest_transfer_figure(const RunFolder& run) {
    Figure figure{.title = "The slowest message of each round",
                  .svg = "",
                  .caption = std::string(kNotMeasured)};
    const std::vector<std::size_t> rows = rows_with_transfers(run.rounds);
    if (rows.empty()) {
        return figure;
    }
    figure.svg = draw(slowest_bars(run.rounds, rows));
    figure.caption = fmt::format(
        "Where its time went: its busiest link carried it, or the bytes of others before it; "
        "propagation; the rest is waiting for acknowledgements (connection set-up, slow start, "
        "windows, losses). Bound by, in rounds: {}.",
        count_bounds(run.rounds, rows));
    return figure;
}

std::string busiest_links_card(const RunFolder& run) {
    const CsvTable& links = run.links;
    if (links.is_empty()) {
        return "";
    }
    std::vector<std::size_t> order(links.rows());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return links["utilization"][a] > links["utilization"][b];
    });
    order.resize(std::min(order.size(), kListedLinks));
    std::string out =
        "<div class=\"card\"><h3>Busiest links</h3><table class=\"numbers\"><thead><tr>"
        "<th scope=\"col\">Link</th><th scope=\"col\">Busy</th><th scope=\"col\">At most</th>"
        "<th scope=\"col\">Carried</th><th scope=\"col\">Held up others for</th></tr></thead>"
        "<tbody>";
    for (const std::size_t row : order) {
        fmt::format_to(std::back_inserter(out),
                       "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                       escape(links.text("name")[row]),
                       format_quantity(Unit::kPercent, links["utilization"][row]),
                       format_quantity(Unit::kPercent, links["peak_utilization"][row]),
                       format_quantity(Unit::kBytes, links["bytes"][row]),
                       format_quantity(Unit::kSeconds, links["waited_s"][row]));
    }
    return out +
           "</tbody></table><p class=\"note\">Of all time, and of the fullest part of it. The last "
           "column adds up, over messages that met no busier link, how long they waited behind "
           "the bytes of others.</p></div>";
}

}  // namespace murmur::report
