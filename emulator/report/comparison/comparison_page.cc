#include "emulator/report/comparison/comparison_page.h"

#include "emulator/report/comparison/curve_groups.h"
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
constexpr std::size_t kMostGroups = 12;  ///< a page of more would be of megabytes

/// What curves go along.
struct AxisChoice {
    const char* name;  ///< as titles have it
    const char* column;
    const char* title;
    Unit unit;
};

constexpr std::array<AxisChoice, 6> kAxes = {
    {{"simulated time", "sim_time_max_s", "Simulated time", Unit::kSeconds},
     {"bytes", "bytes_sent", "Sent by all nodes", Unit::kBytes},
     {"rounds", "round", "Rounds", Unit::kNumber},
     {"energy", "joules", "Energy of all nodes", Unit::kJoules},
     {"samples", "samples_learnt", "Samples learnt by all nodes", Unit::kNumber},
     {"tokens", "tokens_learnt", "Tokens learnt by all nodes", Unit::kNumber}}};

/// One chart of the page.
struct Chart {
    std::string title;
    const AxisChoice& x;
    const char* y;
    std::string y_title;
    Unit y_unit;
};

bool has_any(const Comparison& comparison, std::string_view column) {
    return std::ranges::any_of(comparison.members, [&](const Member& member) {
        return std::ranges::any_of(member.run.rounds[column],
                                   [](double value) { return !std::isnan(value); });
    });
}

/// Accuracy and loss along each axis that runs have, and how far apart the models are.
std::vector<Chart> charts_of(const Comparison& comparison) {
    const report::Metric& metric = comparison.metric;
    // Of texts the tokens say more than the samples, which hold as many of them each.
    const std::string_view passed_over =
        has_any(comparison, "tokens_learnt") ? "samples_learnt" : "";
    std::vector<Chart> charts;
    for (const bool is_loss : {false, true}) {
        for (const AxisChoice& axis : kAxes) {
            if (axis.column != passed_over && has_any(comparison, axis.column)) {
                charts.push_back(
                    {.title = fmt::format(
                         "{} against {}", is_loss ? "Loss" : metric.capitalized(), axis.name),
                     .x = axis,
                     .y = is_loss ? "test_loss_mean" : "test_accuracy_mean",
                     .y_title = "Mean test " + (is_loss ? "loss" : metric.name),
                     .y_unit = is_loss ? Unit::kNumber : metric.unit});
            }
        }
    }
    charts.push_back({.title = "Consensus distance against rounds",
                      .x = kAxes[2],
                      .y = "consensus_distance",
                      .y_title = "Consensus distance",
                      .y_unit = Unit::kNumber});
    return charts;
}

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

report::Figure figure_of(const Comparison& comparison,
                         const CurveGroup& group,
                         const Chart& chart) {
    constexpr std::array kColors = {report::Color::kBlue,
                                    report::Color::kOrange,
                                    report::Color::kGreen,
                                    report::Color::kAmber,
                                    report::Color::kGray};
    report::LineChart lines{
        .description = chart.title,
        .x_axis = {.title = chart.x.title, .unit = chart.x.unit},
        .y_axis = {.title = chart.y_title, .unit = chart.y_unit},
        .x = {},
        .series = {},
    };
    std::vector<Curve> curves;
    std::set<double> places;
    bool has_band = false;
    for (const std::size_t setting : group.settings) {
        curves.push_back(
            curve_of(comparison, comparison.settings[setting], chart.x.column, chart.y));
        places.insert(curves.back().x.begin(), curves.back().x.end());
    }
    lines.x.assign(places.begin(), places.end());
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const Curve& curve = curves[i];
        if (curve.x.empty()) {
            continue;
        }
        report::Series series{.name = group.names[i],
                              .y = along(lines.x, curve.x, curve.mean),
                              .color = kColors[i % kColors.size()],
                              .is_dashed = i >= kColors.size()};
        if (comparison.settings[group.settings[i]].runs.size() > 1) {
            series.low = along(lines.x, curve.x, curve.low);
            series.high = along(lines.x, curve.x, curve.high);
            series.band_name = "95 %";
            has_band = true;
        }
        lines.series.push_back(std::move(series));
    }
    report::Figure figure{.title = chart.title, .svg = {}, .caption = {}};
    if (lines.series.empty()) {
        figure.caption = "no run has measured it";
        return figure;
    }
    figure.svg = draw(lines);
    figure.caption = has_band
                         ? "Mean over the runs of a setting, round by round; the band is the 95 % "
                           "interval of that mean."
                         : "One run each.";
    if (!group.name.empty()) {
        figure.caption += fmt::format(" All with {}.", group.name);
    }
    return figure;
}

/// The charts, with a heading of their own for each group of settings.
std::string curves(const Comparison& comparison) {
    const std::vector<CurveGroup> groups = curve_groups(comparison, kMostCurves);
    const std::vector<Chart> charts = charts_of(comparison);
    std::string out;
    for (std::size_t i = 0; i < std::min(groups.size(), kMostGroups); ++i) {
        out += groups.size() == 1
                   ? "<h2>Curves</h2>"
                   : fmt::format("<h2>Curves, {}</h2>",
                                 groups[i].name.empty()
                                     ? fmt::format("part {} of {}", i + 1, groups.size())
                                     : escape(groups[i].name));
        out += "<div class=\"grid\">";
        for (const Chart& chart : charts) {
            if (const auto figure = figure_of(comparison, groups[i], chart); !figure.svg.empty()) {
                out += report::card(figure);
            }
        }
        out += "</div>";
    }
    if (groups.size() > kMostGroups) {
        out += fmt::format(
            "<p class=\"note\">The first {} of {} groups of settings; "
            "<code>compare.csv</code> has them all.</p>",
            kMostGroups,
            groups.size());
    }
    return out;
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

/// What it took each setting to come to the common loss.
std::string loss_table(const Comparison& comparison) {
    if (!comparison.common_loss) {
        return "";
    }
    const bool has_joules = counts_joules(comparison);
    std::string out = fmt::format(
        "<h2>To a common loss</h2><div class=\"card\"><table "
        "class=\"numbers\"><thead><tr><th>Setting</th>"
        "<th>Time to loss {0:.2f}</th><th>Sent to loss {0:.2f}</th>",
        *comparison.common_loss);
    out += has_joules ? fmt::format("<th>Energy to loss {:.2f}</th>", *comparison.common_loss) : "";
    out += "</tr></thead><tbody>";
    for (const Setting& setting : comparison.settings) {
        const auto value = [&](std::string_view column, Unit unit) {
            return fmt::format("<td>{}</td>",
                               cell(at_common_loss_of(comparison, setting, column), unit));
        };
        out += fmt::format("<tr><td>{}</td>{}{}{}</tr>",
                           escape(setting.name),
                           value("sim_time_max_s", Unit::kSeconds),
                           value("bytes_sent", Unit::kBytes),
                           has_joules ? value("joules", Unit::kJoules) : "");
    }
    return out +
           "</tbody></table><p class=\"note\">The loss in the heads is the lowest in whole "
           "hundredths that all runs have reached.</p></div>";
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
    body += "<h2>Figures</h2>" + table(comparison) + loss_table(comparison);
    body += curves(comparison) + options_card(comparison);
    return report::html_page(title,
                             body,
                             "Made by <code>./murmur compare</code>; <code>compare.csv</code> "
                             "beside it has every figure.");
}

}  // namespace murmur::compare
