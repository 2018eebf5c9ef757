// A small run for the tests of determinism, and what must not differ between two of it.
#pragma once

#include "emulator/run/experiment_options.h"
#include "tests/support/run_files.h"

#include <filesystem>
#include <initializer_list>
#include <string>

namespace murmur::test {

/// Returns options of a run of ten nodes and four rounds that takes a fraction of a second.
[[nodiscard]] ExperimentOptions small_options(const std::string& network);

/// What must not differ between two runs.
struct Outcome {
    std::string metrics;
    std::string rounds;
    std::string trace;
    std::string hash;
    double simulated_s;
    RunFiles files;  ///< all of them

    bool operator==(const Outcome&) const = default;
};

/// Runs an experiment that must end complete, into this folder.
[[nodiscard]] Outcome run_to_end(ExperimentOptions options, const std::filesystem::path& folder);

/// Checks that the same options give the same bytes with one worker and with each of these numbers.
void check_same_for_workers(ExperimentOptions options, std::initializer_list<unsigned> others);

/// Checks that the same options give the same bytes again, and with 1, 2 and 4 workers.
void check_same_for_any_workers(ExperimentOptions options);

}  // namespace murmur::test
