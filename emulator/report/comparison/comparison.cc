#include "emulator/report/comparison/comparison.h"

#include "tools/text/csv.h"
#include "tools/text/number.h"

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace murmur::compare {
namespace {

constexpr std::string_view kAccuracy = "test_accuracy_mean";
constexpr std::string_view kLoss = "test_loss_mean";
constexpr std::array<std::string_view, 5> kMetrics = {
    kAccuracy, kLoss, "train_loss_mean", "consensus_distance", "joules"};

/// Options that say where a run went and how fast, not what it was.
const std::set<std::string, std::less<>>& apart() {
    static const std::set<std::string, std::less<>> names{"out",
                                                          "overwrite",
                                                          "quiet",
                                                          "workers",
                                                          "seed",
                                                          "save-models",
                                                          "timeline",
                                                          "messages",
                                                          "pcap",
                                                          "ascii-trace",
                                                          "flow-monitor"};
    return names;
}

/// The name under which a scenario stands among the options.
constexpr std::string_view kScenario = "scenario";

std::string option_of(const Member& member, std::string_view name) {
    if (name == kScenario) {
        return member.run.experiment->scenario;
    }
    for (const auto& [option, value] : member.run.experiment->options) {
        if (option == name) {
            return value;
        }
    }
    return "";
}

/// Returns a value of a column that not all tables have; NaN where it is not there.
double value_at(const report::CsvTable& table, std::string_view column, std::size_t row) {
    const std::vector<double>& values = table[column];
    return row < values.size() ? values[row] : std::numeric_limits<double>::quiet_NaN();
}

/// Returns the last value of a column; NaN where there is none.
double last_of(const report::RunFolder& run, std::string_view column) {
    const std::vector<double>& values = run.rounds[column];
    const auto found = std::find_if(
        values.rbegin(), values.rend(), [](double value) { return !std::isnan(value); });
    return found == values.rend() ? std::numeric_limits<double>::quiet_NaN() : *found;
}

std::vector<double> finals(const Comparison& comparison,
                           const Setting& setting,
                           std::string_view column) {
    std::vector<double> values;
    for (const std::size_t run : setting.runs) {
        if (const double value = last_of(comparison.members[run].run, column); !std::isnan(value)) {
            values.push_back(value);
        }
    }
    return values;
}

/// Returns the options that differ, the scenario before all.  Runs of other scenarios or versions
/// may have options that others lack.
std::vector<std::string> differing(const std::vector<Member>& members) {
    std::vector<std::string> names{std::string(kScenario)};
    std::set<std::string, std::less<>> seen = apart();
    for (const Member& member : members) {
        for (const auto& [name, value] : member.run.experiment->options) {
            if (seen.insert(name).second) {
                names.push_back(name);
            }
        }
    }
    std::erase_if(names, [&](const std::string& name) {
        const std::string first = option_of(members.front(), name);
        return std::ranges::all_of(
            members, [&](const Member& member) { return option_of(member, name) == first; });
    });
    return names;
}

std::optional<double> common_accuracy(const std::vector<Member>& members) {
    double common = 1;
    for (const Member& member : members) {
        double best = -1;
        for (const double value : member.run.rounds[kAccuracy]) {
            best = std::isnan(value) ? best : std::max(best, value);
        }
        common = std::min(common, best);
    }
    return common < 0 ? std::nullopt : std::optional(hundredths_at_most(common));
}

std::optional<double> common_loss(const std::vector<Member>& members) {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    double common = -kNone;
    for (const Member& member : members) {
        double best = kNone;
        for (const double value : member.run.rounds[kLoss]) {
            best = std::isnan(value) ? best : std::min(best, value);
        }
        common = std::max(common, best);
    }
    return std::isfinite(common) ? std::optional(hundredths_at_least(common)) : std::nullopt;
}

/// Returns the mean and the interval of a column at each run's first round of which `is_reached`.
template <class IsReached>
report::Estimate at_first(const Comparison& comparison,
                          const Setting& setting,
                          std::string_view column,
                          const IsReached& is_reached) {
    std::vector<double> values;
    for (const std::size_t run : setting.runs) {
        const report::CsvTable& table = comparison.members[run].run.rounds;
        for (std::size_t row = 0; row < table.rows(); ++row) {
            if (is_reached(table, row)) {
                if (const double value = value_at(table, column, row); !std::isnan(value)) {
                    values.push_back(value);
                }
                break;
            }
        }
    }
    return report::estimate_mean(values);
}

/// Returns the metric of all runs; one without a unit where theirs differ.
report::Metric common_metric(const std::vector<Member>& members) {
    const report::Metric first = report::metric_of(members.front().run);
    const bool is_common = std::ranges::all_of(members, [&](const Member& member) {
        return report::metric_of(member.run).name == first.name;
    });
    return is_common ? first
                     : report::Metric{
                           .name = "metric", .unit = report::Unit::kNumber, .is_accuracy = false};
}

}  // namespace

Comparison make_comparison(std::vector<Member> members, std::vector<std::string> notes) {
    Comparison comparison{.members = std::move(members),
                          .options = {},
                          .settings = {},
                          .notes = std::move(notes),
                          .metric = {},
                          .common_accuracy = {},
                          .common_loss = {}};
    comparison.options = differing(comparison.members);
    comparison.metric = common_metric(comparison.members);
    if (comparison.metric.is_accuracy) {
        comparison.common_accuracy = common_accuracy(comparison.members);
    }
    comparison.common_loss = common_loss(comparison.members);
    std::map<std::vector<std::string>, std::size_t> places;
    std::map<std::vector<std::string>, std::set<std::string>> seeds;
    for (std::size_t i = 0; i < comparison.members.size(); ++i) {
        const Member& member = comparison.members[i];
        std::vector<std::string> values;
        for (const std::string& option : comparison.options) {
            values.push_back(option_of(member, option));
        }
        const std::string seed = option_of(member, "seed");
        if (!seeds[values].insert(seed).second) {
            comparison.notes.push_back(fmt::format(
                "{}: is the same experiment as another run, seed {} too", member.name, seed));
        }
        const auto [entry, is_new] = places.emplace(values, comparison.settings.size());
        if (is_new) {
            std::string name;
            for (std::size_t k = 0; k < values.size(); ++k) {
                name += fmt::format("{}{}={}",
                                    k == 0 ? "" : " ",
                                    comparison.options[k],
                                    values[k].empty() ? "\"\"" : values[k]);
            }
            comparison.settings.push_back(
                {name.empty() ? member.run.experiment->scenario : name, std::move(values), {}});
        }
        comparison.settings[entry->second].runs.push_back(i);
    }
    return comparison;
}

Curve curve_of(const Comparison& comparison,
               const Setting& setting,
               std::string_view x,
               std::string_view y) {
    struct Point {
        std::vector<double> x;
        std::vector<double> y;
    };
    std::map<double, Point> rounds;
    for (const std::size_t run : setting.runs) {
        const report::CsvTable& table = comparison.members[run].run.rounds;
        for (std::size_t row = 0; row < table.rows(); ++row) {
            const double at = value_at(table, x, row);
            const double value = value_at(table, y, row);
            if (!std::isnan(at) && !std::isnan(value)) {
                Point& point = rounds[table["round"][row]];
                point.x.push_back(at);
                point.y.push_back(value);
            }
        }
    }
    Curve curve;
    for (const auto& [round, point] : rounds) {
        // A mean over fewer runs than before would jump.
        if (point.y.size() < setting.runs.size()) {
            continue;
        }
        const report::Estimate place = report::estimate_mean(point.x);
        const report::Estimate value = report::estimate_mean(point.y);
        const double half = value.half_width_95.value_or(0);
        curve.x.push_back(*place.mean);
        curve.mean.push_back(*value.mean);
        curve.low.push_back(*value.mean - half);
        curve.high.push_back(*value.mean + half);
    }
    return curve;
}

report::Estimate final_of(const Comparison& comparison,
                          const Setting& setting,
                          std::string_view column) {
    return report::estimate_mean(finals(comparison, setting, column));
}

report::Estimate at_common_of(const Comparison& comparison,
                              const Setting& setting,
                              std::string_view column) {
    const std::optional<double>& common = comparison.common_accuracy;
    return at_first(
        comparison, setting, column, [&](const report::CsvTable& table, std::size_t row) {
            return common && value_at(table, kAccuracy, row) >= *common;
        });
}

report::Estimate at_common_loss_of(const Comparison& comparison,
                                   const Setting& setting,
                                   std::string_view column) {
    const std::optional<double>& common = comparison.common_loss;
    return at_first(
        comparison, setting, column, [&](const report::CsvTable& table, std::size_t row) {
            return common && value_at(table, kLoss, row) <= *common;
        });
}

std::optional<double> significance_of(const Comparison& comparison,
                                      const Setting& a,
                                      const Setting& b,
                                      std::string_view column) {
    constexpr std::size_t kLeast = 3;
    struct Sample {
        double n;
        double mean;
        double square_error;  ///< of the mean
    };
    std::array<Sample, 2> samples{};
    for (std::size_t side = 0; side < 2; ++side) {
        const std::vector<double> values = finals(comparison, side == 0 ? a : b, column);
        if (values.size() < kLeast) {
            return std::nullopt;
        }
        const auto n = static_cast<double>(values.size());
        const double mean = *report::estimate_mean(values).mean;
        double squares = 0;
        for (const double value : values) {
            squares += (value - mean) * (value - mean);
        }
        samples[side] = {n, mean, squares / (n - 1) / n};
    }
    const double error = samples[0].square_error + samples[1].square_error;
    if (error == 0) {
        return samples[0].mean == samples[1].mean ? 1.0 : 0.0;
    }
    const auto part = [](const Sample& sample) {
        return sample.square_error * sample.square_error / (sample.n - 1);
    };
    const double freedom = error * error / (part(samples[0]) + part(samples[1]));
    const double t = std::abs(samples[0].mean - samples[1].mean) / std::sqrt(error);
    return 2 * cdf(complement(boost::math::students_t(freedom), t));
}

std::string tidy_table(const Comparison& comparison) {
    std::string text = "run";
    for (const std::string& option : comparison.options) {
        text += ',' + csv_quoted(option);
    }
    text += ",seed,round,sim_time_s,bytes_sent,metric,value\n";
    for (const Setting& setting : comparison.settings) {
        for (const std::size_t place : setting.runs) {
            const Member& member = comparison.members[place];
            std::string beginning = csv_quoted(member.name);
            for (const std::string& value : setting.values) {
                beginning += ',' + csv_quoted(value);
            }
            beginning += ',' + csv_quoted(option_of(member, "seed"));
            const report::CsvTable& table = member.run.rounds;
            for (std::size_t row = 0; row < table.rows(); ++row) {
                for (const std::string_view metric : kMetrics) {
                    const double value = value_at(table, metric, row);
                    if (std::isnan(value)) {
                        continue;
                    }
                    text += fmt::format("{},{},{},{},{},{}\n",
                                        beginning,
                                        table["round"][row],
                                        table["sim_time_max_s"][row],
                                        table["bytes_sent"][row],
                                        metric,
                                        value);
                }
            }
        }
    }
    return text;
}

}  // namespace murmur::compare
