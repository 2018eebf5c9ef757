#pragma once

#include "emulator/run/experiment.h"

#include <string>

namespace murmur {

/// The `main` of a scenario: reads the command line over `defaults`, checks, runs, reports.
///
/// Options have ns-3's form `--name=value`; `--help` lists them.  Beside the options of every
/// experiment there are `--config=FILE` (start from an experiment.json) and `--check` (check
/// everything, run nothing).
/// @param description  one line: what the scenario shows
/// @return the exit code: 0 complete; 1 diverged, failed or interrupted; 2 refused
[[nodiscard]] int run_scenario(int argc,
                               char** argv,
                               const std::string& name,
                               const std::string& description,
                               ExperimentOptions defaults,
                               ExperimentInputs inputs = {});

}  // namespace murmur
