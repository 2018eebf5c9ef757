#include "emulator/report/comparison/comparison_page.h"

#include "emulator/report/page.h"
#include "emulator/report/svg_chart.h"
#include "emulator/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>
#include <string_view>

namespace murmur::compare {
namespace {

using report::escape;
using report::Unit;

constexpr std::size_t kMostCurves = 10;  ///< five colors, solid and dashed

/// One chart of the page.
struct Chart {
    const char* title;
    const char* x;
    const char* x_title;
    Unit x_unit;
    const char* y;
    const char* y_title;
    Unit y_unit;
};

constexpr std::array<Chart, 6> kCharts = {{{"Accuracy against simulated time",
                                            "sim_time_max_s",
                                            "Simulated time",
                                            Unit::kSeconds,
                                            "test_accuracy_mean",
                                            "Mean test accuracy",
                                            Unit::kPercent},
                                           {"Accuracy against bytes",
                                            "bytes_sent",
                                            "Sent by all nodes",
                                            Unit::kBytes,
                                            "test_accuracy_mean",
                                            "Mean test accuracy",
                                            Unit::kPercent},
                                           {"Accuracy against rounds",
                                            "round",
                                            "Rounds",
                                            Unit::kNumber,
                                            "test_accuracy_mean",
                                            "Mean test accuracy",
                                            Unit::kPercent},
                                           {"Accuracy against energy",
                                            "joules",
                                            "Energy of all nodes",
                                            Unit::kJoules,
                                            "test_accuracy_mean",
                                            "Mean test accuracy",
                                            Unit::kPercent},
                                           {"Loss against simulated time",
                                            "sim_time_max_s",
                                            "Simulated time",
                                            Unit::kSeconds,
                                            "test_loss_mean",
                                            "Mean test loss",
                                            Unit::kNumber},
                                           {"Consensus distance against rounds",
                                            "round",
                                            "Rounds",
                                            Unit::kNumber,
                                            "consensus_distance",
                                            "Consensus distance",
                                            Unit::kNumber}}};

/// The value of a curve between its points; nothing outside of them.
double between(const std::vector<double>& x, const std::vector<double>& y, double at) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const auto next = std::ranges::lower_bound(x, at);
    if (next == x.end() || (next == x.begin() && *next != at)) {
        return kNone;
    }
    const auto i = static_cast<std::size_t>(next - x.begin());
    if (*next == at) {
        return y[i];
    }
    return y[i - 1] + (y[i] - y[i - 1]) * (at - x[i - 1]) / (x[i] - x[i - 1]);
}

std::vector<double> along(const std::vector<double>& places,
                          const std::vector<double>& x,
                          const std::vector<double>& y) {
    std::vector<double> values;
    for (const double place : places) {
        values.push_back(between(x, y, place));
    }
    return values;
}

report::Figure figure_of(const Comparison& comparison, const Chart& chart) {
    constexpr std::array kColors = {report::Color::kBlue,
                                    report::Color::kOrange,
                                    report::Color::kGreen,
                                    report::Color::kAmber,
                                    report::Color::kGray};
    const bool is_metric = std::string_view(chart.y) == "test_accuracy_mean";
    const report::Metric& metric = comparison.metric;
    std::string title = chart.title;
    if (is_metric) {
        title = metric.capitalized() + title.substr(title.find(' '));
    }
    report::LineChart lines{
        .description = title,
        .x_axis = {.title = chart.x_title, .unit = chart.x_unit},
        .y_axis = {.title = is_metric ? "Mean test " + metric.name : chart.y_title,
                   .unit = is_metric ? metric.unit : chart.y_unit},
        .x = {},
        .series = {},
    };
    std::vector<Curve> curves;
    std::set<double> places;
    bool has_band = false;
    const std::size_t count = std::min(comparison.settings.size(), kMostCurves);
    for (std::size_t i = 0; i < count; ++i) {
        curves.push_back(curve_of(comparison, comparison.settings[i], chart.x, chart.y));
        places.insert(curves.back().x.begin(), curves.back().x.end());
    }
    lines.x.assign(places.begin(), places.end());
    for (std::size_t i = 0; i < count; ++i) {
        const Curve& curve = curves[i];
        if (curve.x.empty()) {
            continue;
        }
        report::Series series{.name = comparison.settings[i].name,
                              .y = along(lines.x, curve.x, curve.mean),
                              .color = kColors[i % kColors.size()],
                              .is_dashed = i >= kColors.size()};
        if (comparison.settings[i].runs.size() > 1) {
            series.low = along(lines.x, curve.x, curve.low);
            series.high = along(lines.x, curve.x, curve.high);
            series.band_name = "95 %";
            has_band = true;
        }
        lines.series.push_back(std::move(series));
    }
    report::Figure figure{.title = title, .svg = {}, .caption = {}};
    if (lines.series.empty()) {
        figure.caption = "no run has measured it";
        return figure;
    }
    figure.svg = draw(lines);
    figure.caption = has_band
                         ? "Mean over the runs of a setting, round by round; the band is the 95 % "
                           "interval of that mean."
                         : "One run each.";
    if (comparison.settings.size() > kMostCurves) {
        figure.caption +=
            fmt::format(" The first {} of {} settings.", kMostCurves, comparison.settings.size());
    }
    return figure;
}

/// A mean with its interval, in the unit that reads best; empty where there is none.
std::string cell(const report::Estimate& estimate, Unit unit) {
    if (!estimate.mean) {
        return "–";
    }
    std::string text = format_quantity(unit, *estimate.mean);
    if (estimate.half_width_95 && *estimate.half_width_95 > 0) {
        text += fmt::format(" ± {}", format_quantity(unit, *estimate.half_width_95));
    }
    return text;
}

std::string significance_cell(const Comparison& comparison, std::size_t setting) {
    if (setting == 0) {
        return "";
    }
    const bool has_accuracy = comparison.common_accuracy.has_value();
    const auto p = significance_of(comparison,
                                   comparison.settings.front(),
                                   comparison.settings[setting],
                                   has_accuracy ? "test_accuracy_mean" : "test_loss_mean");
    if (!p) {
        return "–";
    }
    return *p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", *p);
}

bool counts_joules(const Comparison& comparison) {
    return std::ranges::any_of(
        comparison.members, [](const Member& member) { return member.run.rounds.has("joules"); });
}

std::string table(const Comparison& comparison) {
    const bool has_accuracy = comparison.common_accuracy.has_value();
    std::string out = fmt::format(
        "<div class=\"card\"><table class=\"numbers\"><thead><tr><th>Setting</th>"
        "<th>Runs</th><th>Final {}</th><th>Final loss</th>"
        "<th>Simulated time</th><th>Sent</th>",
        escape(comparison.metric.name));
    if (has_accuracy) {
        const double percent = 100 * *comparison.common_accuracy;
        out += fmt::format("<th>Time to {0:.0f} %</th><th>Sent to {0:.0f} %</th>", percent);
        if (counts_joules(comparison)) {
            out += fmt::format("<th>Energy to {:.0f} %</th>", percent);
        }
    }
    out += "<th>p</th></tr></thead><tbody>";
    for (std::size_t i = 0; i < comparison.settings.size(); ++i) {
        const Setting& setting = comparison.settings[i];
        fmt::format_to(
            std::back_inserter(out),
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
            escape(setting.name),
            setting.runs.size(),
            cell(final_of(comparison, setting, "test_accuracy_mean"), comparison.metric.unit),
            cell(final_of(comparison, setting, "test_loss_mean"), Unit::kNumber),
            cell(final_of(comparison, setting, "sim_time_max_s"), Unit::kSeconds),
            cell(final_of(comparison, setting, "bytes_sent"), Unit::kBytes));
        if (has_accuracy) {
            out += fmt::format(
                "<td>{}</td><td>{}</td>",
                cell(at_common_of(comparison, setting, "sim_time_max_s"), Unit::kSeconds),
                cell(at_common_of(comparison, setting, "bytes_sent"), Unit::kBytes));
            if (counts_joules(comparison)) {
                out +=
                    fmt::format("<td>{}</td>",
                                cell(at_common_of(comparison, setting, "joules"), Unit::kJoules));
            }
        }
        out += fmt::format("<td>{}</td></tr>", escape(significance_cell(comparison, i)));
    }
    out += fmt::format(
        "</tbody></table><p class=\"note\">Mean ± half of its 95 % interval over the runs of a "
        "setting. "
        "{}p: Welch’s test of the final {} against the first setting, from three runs on either "
        "side "
        "on.</p></div>",
        has_accuracy
            ? "The accuracy in the heads is the highest whole percentage that all runs have "
              "reached. "
            : "",
        has_accuracy ? "accuracy" : "loss");
    return out;
}

std::string list(std::string_view before, const std::vector<std::string>& lines) {
    if (lines.empty()) {
        return "";
    }
    std::string out = fmt::format("<div class=\"notice warn\">{}<ul>", escape(before));
    for (const std::string& line : lines) {
        out += fmt::format("<li>{}</li>", escape(line));
    }
    return out + "</ul></div>";
}

std::vector<std::string> unfinished(const Comparison& comparison) {
    std::vector<std::string> lines;
    for (const Member& member : comparison.members) {
        const auto& summary = member.run.summary;
        if (!summary || summary->status != "complete") {
            lines.push_back(
                fmt::format("{}: {}", member.name, summary ? summary->status : "has not ended"));
        }
    }
    return lines;
}

std::vector<std::string> doubtful(const Comparison& comparison) {
    constexpr double kMuch = 0.05;
    std::vector<std::string> lines;
    for (const Member& member : comparison.members) {
        if (!member.run.summary) {
            continue;
        }
        const double messages = member.run.summary->figure("messages").value_or(0);
        const double doubts = member.run.summary->figure("messages_in_doubt").value_or(0);
        if (messages > 0 && doubts > kMuch * messages) {
            lines.push_back(
                fmt::format("{}: {:.0f} % of its messages", member.name, 100 * doubts / messages));
        }
    }
    return lines;
}

std::string options_card(const Comparison& comparison) {
    if (comparison.options.empty()) {
        return "<h2>Options that differ</h2><p class=\"lead\">None but the seed.</p>";
    }
    std::string out = "<h2>Options that differ</h2><div class=\"card\"><dl class=\"settings\">";
    for (std::size_t k = 0; k < comparison.options.size(); ++k) {
        std::vector<std::string> values;
        for (const Setting& setting : comparison.settings) {
            if (std::ranges::find(values, setting.values[k]) == values.end()) {
                values.push_back(setting.values[k]);
            }
        }
        std::string listed;
        for (const std::string& value : values) {
            listed += fmt::format("{}<code>{}</code>",
                                  listed.empty() ? "" : ", ",
                                  escape(value.empty() ? "\"\"" : value));
        }
        out +=
            fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape(comparison.options[k]), listed);
    }
    return out + "</dl></div>";
}

}  // namespace

std::string render(const Comparison& comparison) {
    const std::string title =
        fmt::format("{} settings, {} runs", comparison.settings.size(), comparison.members.size());
    std::string body = fmt::format(
        "<header><p class=\"eyebrow\">Murmuration comparison</p><div "
        "class=\"head\"><h1>{}</h1></div>"
        "</header>",
        escape(title));
    body += list("Not complete:", unfinished(comparison));
    body += list("In doubt, so that their seconds may be off (docs/networks.md):",
                 doubtful(comparison));
    body += list("Of the folders:", comparison.notes);
    body += "<h2>Figures</h2>" + table(comparison) + "<h2>Curves</h2><div class=\"grid\">";
    for (const Chart& chart : kCharts) {
        if (const report::Figure figure = figure_of(comparison, chart); !figure.svg.empty()) {
            body += report::card(figure);
        }
    }
    body += "</div>" + options_card(comparison);
    return report::html_page(title,
                             body,
                             "Made by <code>./murmur compare</code>; <code>compare.csv</code> "
                             "beside it has every figure.");
}

}  // namespace murmur::compare
