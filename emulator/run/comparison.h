#pragma once

#include "emulator/run/experiment_options.h"

#include <functional>
#include <string>
#include <vector>

namespace murmur {

/// One run of a comparison: what it does otherwise than the rest.
struct Variant {
    std::string name;  ///< of its folder and its row
    std::function<void(ExperimentOptions&)> change;
};

/// A run with the protocol of a spec such as "skiptrain:train=4,sync=4".
[[nodiscard]] Variant with_protocol(std::string name, std::string protocol);

/// Runs that differ in one thing.
struct Comparison {
    std::string name;
    std::string description;    ///< one line: what is compared
    ExperimentOptions full{};   ///< sizes of the study
    ExperimentOptions quick{};  ///< of `--quick`, under a minute in all on two cores
    std::vector<Variant> variants;
};

/// The `main` of a scenario that compares: reads the command line over `full` (or `quick`, with
/// `--quick`), checks every variant, then runs one after the other into a folder each of the result
/// folder, and prints them side by side: final accuracy, and simulated time and bytes until all of
/// them had reached the same one.  comparison.csv holds the same.
/// @return the exit code: 0 all complete; 1 some diverged or failed; 2 refused; 130 interrupted
[[nodiscard]] int run_comparison(int argc, char** argv, const Comparison& comparison);

}  // namespace murmur
