#include "emulator/report/figures.h"

#include "emulator/report/node_totals.h"
#include "emulator/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace murmur::report {

namespace {

constexpr std::size_t kMostDots = 256;  // more nodes become a histogram
constexpr std::size_t kMostBars = 64;   // more nodes are drawn as means of that many groups
constexpr double kLargeRatio = 1000;    // a loss that spans more needs a logarithmic axis
constexpr double kStraggles = 2;        // times the median: others wait for such a node
constexpr double kMatters = 0.02;       // of the run: less time than that holds nobody up

bool has_values(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

/// What runs are drawn against: its axis, its column of rounds.csv and its words.
struct Abscissa {
    const char* title;
    Unit unit;
    const char* column;
    const char* words;
    bool is_integer = false;
};

const Abscissa& abscissa(Against against) {
    static const std::array<Abscissa, 5> all{
        {{"Simulated time", Unit::kSeconds, "sim_time_mean_s", "simulated time"},
         {"Sent by all nodes", Unit::kBytes, "bytes_sent", "bytes"},
         {"Rounds", Unit::kNumber, "round", "rounds", true},
         {"Tokens that all nodes learnt from", Unit::kNumber, "tokens_learnt", "tokens"},
         {"Energy of all nodes", Unit::kJoules, "joules", "energy"}}};
    return all[static_cast<std::size_t>(against)];
}

Axis x_axis(Against against) {
    const Abscissa& x = abscissa(against);
    return {.title = x.title,
            .unit = x.unit,
            .from_zero = true,
            .round_outwards = false,
            .is_integer = x.is_integer};
}

const std::vector<double>& x_values(const RunFolder& run, Against against) {
    return run.rounds[abscissa(against).column];
}

std::string title_of(std::string_view what, Against against) {
    return fmt::format("{} against {}", what, abscissa(against).words);
}

// The last value there is: rounds without an evaluation have none.
std::string last_value(const std::vector<double>& values, Unit unit) {
    for (auto value = values.rbegin(); value != values.rend(); ++value) {
        if (std::isfinite(*value)) {
            return format_quantity(unit, *value);
        }
    }
    return "n/a";
}

Scale scale_for(const LineChart& chart) {
    Range range;
    for (const Series& series : chart.series) {
        range.include(series.y);
        range.include(series.low);
        range.include(series.high);
    }
    return range.low > 0 && range.high > kLargeRatio * range.low ? Scale::kLogarithmic
                                                                 : Scale::kLinear;
}

LineChart chart_of(const std::string& description,
                   const Axis& x_axis,
                   const Axis& y_axis,
                   const std::vector<double>& x) {
    LineChart chart;
    chart.description = description;
    chart.x_axis = x_axis;
    chart.y_axis = y_axis;
    chart.x = x;
    return chart;
}

// The ranks 1 ... count, as the x of sorted values.
std::vector<double> ranks(std::size_t count) {
    std::vector<double> rank(count);
    std::iota(rank.begin(), rank.end(), 1.0);
    return rank;
}

// An axis of sorted nodes or links.
Axis rank_axis(const char* title) {
    return {.title = title, .round_outwards = false, .is_integer = true};
}

std::vector<double> finite_accuracies(const std::vector<NodeTotal>& totals) {
    std::vector<double> accuracies;
    for (const NodeTotal& total : totals) {
        if (std::isfinite(total.test_accuracy)) {
            accuracies.push_back(total.test_accuracy);
        }
    }
    return accuracies;
}

std::string sorted_dots(const std::vector<NodeTotal>& totals, double mean, const Metric& metric) {
    std::vector<NodeTotal> sorted;
    std::copy_if(totals.begin(), totals.end(), std::back_inserter(sorted), [](const auto& total) {
        return std::isfinite(total.test_accuracy);
    });
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.test_accuracy < b.test_accuracy;
    });
    LineChart chart = chart_of(
        metric.capitalized() + " of each node at its last evaluation, sorted",
        rank_axis(metric.is_accuracy ? "Nodes, least accurate first" : "Nodes, lowest first"),
        {.title = "Test " + metric.name, .unit = metric.unit},
        ranks(sorted.size()));
    chart.series.push_back({.name = "node", .y = {}, .mark = Mark::kDots});
    chart.series.push_back({.name = "mean over nodes",
                            .y = std::vector<double>(sorted.size(), mean),
                            .color = Color::kOrange,
                            .is_dashed = true});
    for (const NodeTotal& total : sorted) {
        chart.series[0].y.push_back(total.test_accuracy);
        chart.headings.push_back(fmt::format("Node {}", total.node));
    }
    return draw(chart);
}

double time_of(const NodeTotal& total, std::size_t kind) {
    return kind == 0 ? total.compute_s : kind == 1 ? total.communication_s : total.idle_s;
}

// Cuts nodes 0 ... N-1 of a sorted list into at most kMostBars groups of nearly equal size.
std::vector<std::size_t> group_edges(std::size_t num_nodes) {
    const std::size_t groups = std::min(num_nodes, kMostBars);
    std::vector<std::size_t> edges;
    for (std::size_t group = 0; group <= groups; ++group) {
        edges.push_back(group * num_nodes / groups);
    }
    return edges;
}

BarChart time_use_bars(const std::vector<NodeTotal>& sorted,
                       const std::set<std::uint32_t>& stragglers) {
    BarChart chart;
    chart.description = "Compute, communication and idle seconds of each node";
    chart.x_axis = rank_axis("Nodes, most computing first");
    chart.y_axis = {.title = "Simulated time", .unit = Unit::kSeconds};
    chart.layers.push_back({.name = "compute", .heights = {}, .color = Color::kBlue});
    chart.layers.push_back({.name = "communication", .heights = {}, .color = Color::kAmber});
    chart.layers.push_back({.name = "idle", .heights = {}, .color = Color::kGray});
    const std::vector<std::size_t> edges = group_edges(sorted.size());
    chart.edges.assign(edges.begin(), edges.end());
    for (std::size_t group = 0; group + 1 < edges.size(); ++group) {
        const std::size_t size = edges[group + 1] - edges[group];
        for (std::size_t kind = 0; kind < chart.layers.size(); ++kind) {
            double sum = 0;
            for (std::size_t i = edges[group]; i < edges[group + 1]; ++i) {
                const double seconds = time_of(sorted[i], kind);
                sum += std::isfinite(seconds) ? seconds : 0;
            }
            chart.layers[kind].heights.push_back(sum / static_cast<double>(size));
        }
        if (size == 1) {
            const std::uint32_t node = sorted[edges[group]].node;
            const bool is_straggler = stragglers.contains(node);
            chart.headings.push_back(
                fmt::format("Node {}{}", node, is_straggler ? ", a straggler" : ""));
            chart.names.push_back(fmt::format("{}{}", node, is_straggler ? "!" : ""));
            chart.is_marked.push_back(is_straggler);
        } else {
            chart.headings.push_back(fmt::format("Mean of nodes ranked {} to {} of {}",
                                                 edges[group] + 1,
                                                 edges[group + 1],
                                                 sorted.size()));
        }
    }
    // With as few nodes as bars each bar has a node's name; else none has.
    if (chart.names.size() != chart.headings.size()) {
        chart.names.clear();
        chart.is_marked.clear();
    }
    return chart;
}

double median(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// Seconds that a node's own uplink needs for what it has sent.
double sending_s(const NodeTotal& total) {
    return 8 * total.bytes_sent / total.uplink_bps;
}

// What the caption says of stragglers: some by name, the furthest behind first.
std::string straggler_text(const std::vector<Straggler>& stragglers, bool has_names) {
    constexpr std::size_t kNamed = 6;
    if (stragglers.empty()) {
        return "";
    }
    std::string text = fmt::format(" {} {}{} took more than {} times as long as the median node:",
                                   stragglers.size(),
                                   stragglers.size() == 1 ? "straggler" : "stragglers",
                                   has_names ? ", marked !," : "",
                                   kStraggles);
    for (std::size_t i = 0; i < std::min(kNamed, stragglers.size()); ++i) {
        text += fmt::format("{} node {} {} ({:.1f} times)",
                            i == 0 ? "" : ",",
                            stragglers[i].node,
                            stragglers[i].is_device ? "computing" : "sending",
                            stragglers[i].times);
    }
    return text + (stragglers.size() > kNamed ? " and others." : ".");
}

// Returns the used share of each link that has a rate, highest first.
std::vector<double> utilization(const std::vector<NodeTotal>& totals,
                                double NodeTotal::*bytes,
                                double NodeTotal::*rate,
                                double simulated_s) {
    std::vector<double> shares;
    for (const NodeTotal& total : totals) {
        const double share = 8 * total.*bytes / (total.*rate * simulated_s);
        if (std::isfinite(share)) {
            shares.push_back(share);
        }
    }
    std::sort(shares.begin(), shares.end(), std::greater<>());
    return shares;
}

/// The mean over nodes of a column NAME_mean, in the band from NAME_min to NAME_max.
Series spread_series(const CsvTable& rounds, std::string_view name, std::string_view title) {
    const auto column = [&](const char* which) {
        return rounds[fmt::format("{}_{}", name, which)];
    };
    return {.name = std::string(title),
            .y = column("mean"),
            .low = column("min"),
            .high = column("max"),
            .band_name = "lowest to highest node"};
}

}  // namespace

std::string words_of(Against against) {
    return abscissa(against).words;
}

bool has_tokens(const RunFolder& run) {
    return run.rounds.has("tokens_learnt") && has_values(run.rounds["tokens_learnt"]);
}

Figure accuracy_figure(const RunFolder& run, Against against) {
    const Metric metric = metric_of(run);
    Figure figure{.title = title_of(metric.capitalized(), against), .svg = "", .caption = ""};
    const CsvTable& rounds = run.rounds;
    if (!has_values(rounds["test_accuracy_mean"])) {
        figure.caption = "No test accuracy was recorded.";
        return figure;
    }
    LineChart chart = chart_of(figure.title,
                               x_axis(against),
                               {.title = "Test " + metric.name, .unit = metric.unit},
                               x_values(run, against));
    chart.series.push_back(spread_series(rounds, "test_accuracy", "mean over nodes"));
    if (!metric.is_accuracy) {
        chart.y_axis.scale = scale_for(chart);
    }
    figure.svg = draw(chart);
    figure.caption = fmt::format(
        "Mean over the evaluated nodes, {} at the end; the band reaches "
        "from the {} node.",
        last_value(rounds["test_accuracy_mean"], metric.unit),
        metric.is_accuracy ? "least to the most accurate" : "lowest to the highest");
    return figure;
}

Figure loss_figure(const RunFolder& run, Against against) {
    Figure figure{.title = title_of("Loss", against), .svg = "", .caption = ""};
    const CsvTable& rounds = run.rounds;
    LineChart chart =
        chart_of(figure.title, x_axis(against), {.title = "Loss"}, x_values(run, against));
    if (has_values(rounds["test_loss_mean"])) {
        chart.series.push_back(spread_series(rounds, "test_loss", "test, mean"));
    }
    if (has_values(rounds["train_loss_mean"])) {
        chart.series.push_back({.name = "training, mean",
                                .y = rounds["train_loss_mean"],
                                .color = Color::kOrange,
                                .is_dashed = true});
    }
    if (chart.series.empty()) {
        figure.caption = "No loss was recorded.";
        return figure;
    }
    chart.y_axis.scale = scale_for(chart);
    figure.svg = draw(chart);
    figure.caption =
        "Test loss over the evaluated nodes and, dashed, the training loss that "
        "the nodes saw on their own data.";
    return figure;
}

bool has_own_tests(const RunFolder& run) {
    return run.rounds.has("own_test_loss_mean");
}

bool has_joules(const RunFolder& run) {
    return run.rounds.has("joules");
}

Figure own_accuracy_figure(const RunFolder& run) {
    const Metric metric = metric_of(run);
    Figure figure{.title = metric.capitalized() + " on the nodes\u2019 own test data",
                  .svg = "",
                  .caption = ""};
    const std::vector<double>& mean = run.rounds["own_test_accuracy_mean"];
    if (!has_values(mean)) {
        figure.caption = "No accuracy on data of the nodes\u2019 own was recorded.";
        return figure;
    }
    LineChart chart = chart_of(figure.title,
                               x_axis(Against::kTime),
                               {.title = "Own test " + metric.name, .unit = metric.unit},
                               x_values(run, Against::kTime));
    chart.series.push_back(spread_series(run.rounds, "own_test_accuracy", "mean over nodes"));
    figure.svg = draw(chart);
    figure.caption = fmt::format(
        "Each node on test data like what it trains on; mean {} at the end. Against the common "
        "test set, it shows what personal data are worth.",
        last_value(mean, metric.unit));
    return figure;
}

Figure own_loss_figure(const RunFolder& run) {
    Figure figure{.title = "Loss on the nodes\u2019 own test data", .svg = "", .caption = ""};
    const std::vector<double>& mean = run.rounds["own_test_loss_mean"];
    if (!has_values(mean)) {
        figure.caption = "No loss on data of the nodes\u2019 own was recorded.";
        return figure;
    }
    LineChart chart = chart_of(figure.title,
                               x_axis(Against::kTime),
                               {.title = "Own test loss"},
                               x_values(run, Against::kTime));
    chart.series.push_back(spread_series(run.rounds, "own_test_loss", "mean over nodes"));
    chart.y_axis.scale = scale_for(chart);
    figure.svg = draw(chart);
    figure.caption = fmt::format("Mean {} at the end.", last_value(mean, Unit::kNumber));
    return figure;
}

Figure accuracy_spread_figure(const RunFolder& run) {
    const Metric metric = metric_of(run);
    Figure figure{
        .title = fmt::format("Final {} of each node", metric.name), .svg = "", .caption = ""};
    const std::vector<NodeTotal> totals = node_totals(run);
    const std::vector<double> accuracies = finite_accuracies(totals);
    if (accuracies.empty()) {
        figure.caption = "No node has a test accuracy.";
        return figure;
    }
    const auto count = static_cast<double>(accuracies.size());
    const double mean = std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / count;
    double squares = 0;
    for (const double accuracy : accuracies) {
        squares += (accuracy - mean) * (accuracy - mean);
    }
    figure.svg =
        accuracies.size() <= kMostDots
            ? sorted_dots(totals, mean, metric)
            : draw(histogram(
                  accuracies, {.title = "Test " + metric.name, .unit = metric.unit}, figure.title));
    const double deviation = std::sqrt(squares / count);
    figure.caption = fmt::format(
        "{} of {} nodes have been evaluated: mean {}, standard deviation {}.",
        format_count(count),
        format_count(static_cast<double>(totals.size())),
        format_quantity(metric.unit, mean),
        metric.is_accuracy ? format_number(100 * deviation) + " points" : format_number(deviation));
    return figure;
}

Figure consensus_figure(const RunFolder& run) {
    Figure figure{.title = "Consensus distance", .svg = "", .caption = ""};
    const std::vector<double>& distance = run.rounds["consensus_distance"];
    if (!has_values(distance)) {
        figure.caption = "No consensus distance was recorded.";
        return figure;
    }
    LineChart chart = chart_of("Consensus distance against rounds",
                               {.title = "Round", .round_outwards = false, .is_integer = true},
                               {.title = "Distance", .scale = Scale::kLogarithmic},
                               run.rounds["round"]);
    chart.series.push_back({.name = "consensus distance", .y = distance, .color = Color::kGreen});
    figure.svg = draw(chart);
    figure.caption = fmt::format(
        "How far the nodes' models are from their mean; {} at the end. "
        "Lower means that the nodes agree more.",
        last_value(distance, Unit::kNumber));
    return figure;
}

Figure time_use_figure(const RunFolder& run) {
    Figure figure{.title = "Where each node\u2019s time went", .svg = "", .caption = ""};
    std::vector<NodeTotal> totals = node_totals(run);
    const bool has_times = std::any_of(totals.begin(), totals.end(), [](const NodeTotal& total) {
        return std::isfinite(total.compute_s + total.communication_s + total.idle_s);
    });
    if (!has_times) {
        figure.caption = "No compute, communication and idle times were recorded.";
        return figure;
    }
    const auto key = [](const NodeTotal& total) {
        return std::isfinite(total.compute_s) ? total.compute_s : 0;
    };
    std::stable_sort(totals.begin(), totals.end(), [&](const auto& a, const auto& b) {
        return key(a) > key(b);
    });
    const std::vector<Straggler> behind = stragglers(run);
    std::set<std::uint32_t> marked;
    for (const Straggler& straggler : behind) {
        marked.insert(straggler.node);
    }
    figure.svg = draw(time_use_bars(totals, marked));
    figure.caption = totals.size() <= kMostBars
                         ? "One bar a node, its number below: simulated time spent computing, "
                           "communicating and waiting."
                         : fmt::format(
                               "Simulated time spent computing, communicating and "
                               "waiting; {} nodes in {} groups, each bar the mean of one.",
                               format_count(static_cast<double>(totals.size())),
                               kMostBars);
    figure.caption += straggler_text(behind, totals.size() <= kMostBars);
    return figure;
}

std::vector<Straggler> stragglers(const RunFolder& run) {
    const std::vector<NodeTotal> totals = node_totals(run);
    const double least = kMatters * simulated_seconds(run);
    std::vector<double> computing;
    std::vector<double> sending;
    for (const NodeTotal& total : totals) {
        computing.push_back(total.compute_s);
        sending.push_back(sending_s(total));
    }
    const double median_computing = median(computing);
    const double median_sending = median(sending);
    std::vector<Straggler> behind;
    for (const NodeTotal& total : totals) {
        const double device = total.compute_s / median_computing;
        const double uplink = sending_s(total) / median_sending;
        const bool has_slow_device = device > kStraggles && total.compute_s > least;
        const bool has_slow_uplink = uplink > kStraggles && sending_s(total) > least;
        if (has_slow_device || has_slow_uplink) {
            const bool is_device = has_slow_device && !(has_slow_uplink && uplink > device);
            behind.push_back({total.node, is_device, is_device ? device : uplink});
        }
    }
    std::stable_sort(behind.begin(), behind.end(), [](const auto& a, const auto& b) {
        return a.times > b.times;
    });
    return behind;
}

Figure link_use_figure(const RunFolder& run) {
    Figure figure{.title = "Use of access links", .svg = "", .caption = ""};
    const std::vector<NodeTotal> totals = node_totals(run);
    const double seconds = simulated_seconds(run);
    std::vector<double> up =
        utilization(totals, &NodeTotal::bytes_sent, &NodeTotal::uplink_bps, seconds);
    std::vector<double> down =
        utilization(totals, &NodeTotal::bytes_received, &NodeTotal::downlink_bps, seconds);
    if (up.empty() && down.empty()) {
        figure.caption = "The run has no access links of known rate, or nodes.csv is missing.";
        return figure;
    }
    const std::size_t count = std::max(up.size(), down.size());
    up.resize(count, std::numeric_limits<double>::quiet_NaN());
    down.resize(count, std::numeric_limits<double>::quiet_NaN());
    LineChart chart = chart_of("Used share of each uplink and downlink, sorted",
                               rank_axis("Links, busiest first"),
                               {.title = "Utilization", .unit = Unit::kPercent, .from_zero = true},
                               ranks(count));
    chart.series.push_back({.name = "uplinks", .y = std::move(up), .mark = Mark::kStep});
    chart.series.push_back({.name = "downlinks",
                            .y = std::move(down),
                            .color = Color::kOrange,
                            .mark = Mark::kStep,
                            .is_dashed = true});
    figure.svg = draw(chart);
    figure.caption = fmt::format(
        "Bits carried over {} divided by what the link could have "
        "carried; uplinks and downlinks are sorted each on their own.",
        format_quantity(Unit::kSeconds, seconds));
    return figure;
}

double chance_of(const RunFolder& run) {
    double chance = 0;
    if (run.rounds.rows() > 0 && run.rounds["round"][0] == 0) {
        const double untrained = run.rounds["test_accuracy_mean"][0];
        chance = std::isfinite(untrained) ? untrained : 0;
    }
    const std::vector<double>& labels = run.labels["label"];
    if (!labels.empty()) {
        chance = std::max(chance, 1 / (1 + *std::max_element(labels.begin(), labels.end())));
    }
    return chance;
}

std::vector<Milestone> milestones(const CsvTable& rounds, double chance) {
    std::vector<Milestone> reached;
    // Returns the first row of a column at a level; the number of rows where there is none.
    const auto first_row = [&](const char* column, double level) {
        const std::vector<double>& accuracy = rounds[column];
        const auto first = std::find_if(
            accuracy.begin(), accuracy.end(), [&](double value) { return value >= level; });
        return first == accuracy.end() ? rounds.rows()
                                       : static_cast<std::size_t>(first - accuracy.begin());
    };
    for (int tenth = 1; tenth <= 10; ++tenth) {
        // Not 0.1 * tenth: 0.1 * 3 is more than 0.3.
        const double level = tenth / 10.0;
        if (level <= chance) {
            continue;
        }
        const std::size_t row = first_row("test_accuracy_mean", level);
        if (row == rounds.rows()) {
            break;
        }
        const std::size_t last = first_row("test_accuracy_min", level);
        reached.push_back({.accuracy = level,
                           .round = rounds["round"][row],
                           .simulated_s = rounds["sim_time_mean_s"][row],
                           .bytes_sent = rounds["bytes_sent"][row],
                           .last_node_s = last == rounds.rows()
                                              ? std::numeric_limits<double>::quiet_NaN()
                                              : rounds["sim_time_max_s"][last]});
    }
    return reached;
}

}  // namespace murmur::report
