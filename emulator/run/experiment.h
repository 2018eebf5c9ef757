#pragma once

#include "emulator/record/round_statistics.h"
#include "emulator/record/summary.h"
#include "emulator/run/experiment_options.h"
#include "emulator/run/experiment_plan.h"

#include <string>
#include <vector>

namespace murmur {

/// What a run returns to a C++ caller.
struct RunResult {
    Summary summary;
    std::vector<RoundRow> rounds;        ///< those that all nodes have finished, in order
    std::vector<Parameters> parameters;  ///< final ones, by node; empty unless complete
};

/// One experiment: options in, a simulated run, results out.
class Experiment {
  public:
    /// Reads, draws and checks everything; nothing runs yet.
    /// @throws std::invalid_argument  on an option, file or value that can't be used
    explicit Experiment(ExperimentOptions options, ExperimentInputs inputs = {});

    /// Names the experiment in its result files.
    void set_scenario(std::string name) { scenario_ = std::move(name); }

    /// Runs from time 0 until every node has finished its rounds; with `options.out`, writes a
    /// result folder.  Ctrl-C ends the run in an orderly way.  A run that diverges, fails or is
    /// interrupted says so in its summary; what it had finished is on disk.
    /// @throws std::invalid_argument  where the result folder can't be used
    [[nodiscard]] RunResult run();

    [[nodiscard]] const ExperimentOptions& options() const { return plan_.options; }
    /// Returns what was made of the files of graphs, networks and links, a line each.
    [[nodiscard]] std::vector<std::string> notes() const { return plan_.notes(); }

  private:
    std::string scenario_ = "experiment";
    ExperimentPlan plan_;
};

}  // namespace murmur
