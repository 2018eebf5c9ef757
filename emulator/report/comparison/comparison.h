#pragma once

#include "emulator/report/comparison/collect.h"
#include "emulator/report/statistics.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::compare {

/// Runs that differ in nothing but their seeds.
struct Setting {
    std::string name;                 ///< values of the options that differ, or the run's folder
    std::vector<std::string> values;  ///< of `Comparison::options`, in that order
    std::vector<std::size_t> runs;    ///< places among the members
};

/// What a set of runs comes to, side by side.
struct Comparison {
    std::vector<Member> members;
    /// That differ, the seed and what concerns no result apart; `scenario` is one of them.
    std::vector<std::string> options;
    std::vector<Setting> settings;  ///< in the order in which their first runs came
    std::vector<std::string> notes;
    /// What columns called accuracy hold, where it is the same in all runs.
    report::Metric metric{};
    /// Highest whole percentage of mean test accuracy that all runs have reached; nothing where
    /// there is no accuracy.
    std::optional<double> common_accuracy;
    /// Lowest mean test loss, in whole hundredths, that all runs have reached; nothing where one
    /// has none.
    std::optional<double> common_loss;
};

/// A mean over the runs of a setting, round by round, as far as all of them came.
struct Curve {
    std::vector<double> x;
    std::vector<double> mean;
    std::vector<double> low;  ///< of the 95 % interval of the mean; as `mean` of a single run
    std::vector<double> high;
};

[[nodiscard]] Comparison make_comparison(std::vector<Member> members,
                                         std::vector<std::string> notes);

/// @param x, y  columns of rounds.csv; rounds without y are passed over
[[nodiscard]] Curve curve_of(const Comparison& comparison,
                             const Setting& setting,
                             std::string_view x,
                             std::string_view y);

/// Returns the last value of a column that each run of a setting has, its mean and interval.
[[nodiscard]] report::Estimate final_of(const Comparison& comparison,
                                        const Setting& setting,
                                        std::string_view column);

/// Returns the value of a column at the first round in which the common accuracy is reached.
[[nodiscard]] report::Estimate at_common_of(const Comparison& comparison,
                                            const Setting& setting,
                                            std::string_view column);

/// The same at the first round in which the common loss is reached.
[[nodiscard]] report::Estimate at_common_loss_of(const Comparison& comparison,
                                                 const Setting& setting,
                                                 std::string_view column);

/// Returns how likely a difference of two means at least as large would be if there were none, by
/// Welch's t-test [Welch, 1947] of the runs' last values; nothing for fewer than three runs on
/// either side.
[[nodiscard]] std::optional<double> significance_of(const Comparison& comparison,
                                                    const Setting& a,
                                                    const Setting& b,
                                                    std::string_view column);

/// Returns the text of compare.csv, a row per run, round and figure: run, options that differ,
/// seed, round, sim_time_s, bytes_sent, metric, value.
[[nodiscard]] std::string tidy_table(const Comparison& comparison);

}  // namespace murmur::compare
