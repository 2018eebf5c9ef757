#pragma once

#include "emulator/record/round_statistics.h"
#include "emulator/record/summary.h"
#include "emulator/run/experiment_inputs.h"
#include "emulator/run/experiment_options.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

class ModelFiles;
class PacketFiles;
struct CheckpointMark;
struct ExperimentPlan;
struct RunDescription;
class ResultFiles;
class RunTraces;

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
    ~Experiment();
    Experiment(const Experiment&) = delete;
    Experiment& operator=(const Experiment&) = delete;

    /// Names the experiment in its result files.
    void set_scenario(std::string name) { scenario_ = std::move(name); }

    /// Runs from time 0 until every node has finished its rounds, or what `options` say of an
    /// earlier end; with `options.out`, writes a result folder.  Ctrl-C, SIGTERM and a closed
    /// terminal end the run in an orderly way.  A run that diverges, fails or is interrupted says
    /// so in its summary; what had ended before in simulated time is on disk, and nothing else.
    /// @throws std::invalid_argument  where the result folder can't be used
    /// @throws std::runtime_error  what fails on another rank than 0, and there alone
    [[nodiscard]] RunResult run();

    /// Reads the checkpoint that `options.resume` names and says what it is of; null where the run
    /// begins anew.  `run` does, where nobody has.
    /// @throws std::invalid_argument  where there is none that this run can go on from
    const CheckpointMark* go_on();

    /// Sets the result folder.
    void write_into(const std::filesystem::path& folder);

    /// Builds everything that a run needs, and runs nothing.
    /// @throws what a network or a protocol of the program's own throws
    void rehearse();

    [[nodiscard]] const ExperimentOptions& options() const;
    [[nodiscard]] ExperimentPlan& plan() { return plan_; }
    /// Returns what was made of the files of graphs, networks and links, a line each.
    [[nodiscard]] std::vector<std::string> notes() const;

  private:
    void simulate(ResultFiles* files,
                  ModelFiles* models,
                  RunTraces* traces,
                  PacketFiles* packets,
                  RunResult& result);
    [[nodiscard]] RunDescription describe() const;
    [[nodiscard]] std::vector<RunSink*> sinks(ResultFiles* files) const;

    std::string scenario_ = "experiment";
    std::vector<std::shared_ptr<RunSink>> sinks_;  ///< those of the caller
    // Of a type that a program need not see, with all that it includes.
    std::unique_ptr<ExperimentPlan> owned_plan_;
    ExperimentPlan& plan_;
};

}  // namespace murmur
