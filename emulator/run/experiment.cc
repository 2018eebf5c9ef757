#include "emulator/run/experiment.h"

#include "emulator/base/interrupt.h"
#include "emulator/base/resource_usage.h"
#include "emulator/base/run_error.h"
#include "emulator/base/wall_ticker.h"
#include "emulator/record/result_files.h"
#include "emulator/run/progress.h"
#include "emulator/run/simulation.h"

#include "ns3/simulator.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kTickPeriod{200};

ProgressState progress_of(RunObserver& observer, const ExperimentOptions& options) {
    // What is learnt, not what is simulated: the simulation of a small run is over in no time.
    const RunObserver::Learned learned = observer.learned(Bridge::now());
    ProgressState state{.rounds_done = static_cast<double>(learned.node_rounds) / options.nodes,
                        .rounds = options.rounds,
                        .simulated_s = to_seconds(learned.until)};
    if (const std::optional<RoundRow>& latest = observer.latest_evaluated()) {
        if (!std::isnan(latest->accuracy.mean)) {
            state.mean_accuracy = latest->accuracy.mean;
        }
        state.mean_loss = latest->loss.mean;
    }
    return state;
}

/// Runs the simulation and says how it ended.
void run_to_an_end(Simulation& simulation, const ExperimentOptions& options, Summary& summary) {
    Progress progress(options.quiet);
    bool interrupted = false;
    const auto tick = [&] {
        if (!interrupted && InterruptGuard::is_requested()) {
            interrupted = true;
            simulation.stop();
        }
        simulation.observer().hand_on_finished_rows(Bridge::now());
        progress.show(progress_of(simulation.observer(), options));
    };
    const WallTicker ticker(kTickPeriod, tick);
    try {
        simulation.run(tick);
        if (interrupted) {
            summary.status = "interrupted";
        } else if (simulation.is_complete()) {
            summary.status = "complete";
        } else {
            summary.error = simulation.describe_halt();
        }
    } catch (const DivergedError& error) {
        summary.status = "diverged";
        summary.error = fmt::format("{} (simulated time {:.6f} s)",
                                    error.what(),
                                    to_seconds(simulation.first_failure().value_or(SimTime(0))));
    } catch (const std::exception& error) {
        summary.status = "failed";
        summary.error = error.what();
    }
    summary.events = ns3::Simulator::GetEventCount() - ticker.ticks();
}

void summarize_learning(Simulation& simulation, Summary& summary) {
    RunObserver& observer = simulation.observer();
    summary.simulated_s = to_seconds(observer.latest_time());
    summary.messages = simulation.messages();
    summary.messages_in_doubt = simulation.messages_in_doubt();
    summary.messages_in_doubt_by_reason = simulation.messages_in_doubt_by_reason();
    summary.protocol_counts = simulation.protocol_counts();
    summary.learning_cpu_s = to_seconds(simulation.usage().total());
    summary.held_back_s = to_seconds(simulation.held_back());
    for (const NodeRow& row : simulation.node_rows()) {
        summary.bytes_sent += row.totals.bytes_sent;
        summary.bytes_content += row.totals.bytes_content;
        summary.bytes_metadata += row.totals.bytes_metadata;
    }
    if (const std::optional<RoundRow>& latest = observer.latest_evaluated()) {
        summary.mean_test_accuracy = latest->accuracy.mean;
        summary.min_test_accuracy = latest->accuracy.min;
        summary.max_test_accuracy = latest->accuracy.max;
        summary.mean_test_loss = latest->loss.mean;
        summary.consensus_distance = latest->consensus_distance;
    }
}

/// The cost of a run so far, on every clock.
struct Meter {
    std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    double thread_cpu_s = thread_cpu_seconds();
    double process_cpu_s = process_cpu_seconds();

    void read(Summary& summary) const {
        summary.wall_s =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        summary.cpu_s = process_cpu_seconds() - process_cpu_s;
        summary.simulator_cpu_s = thread_cpu_seconds() - thread_cpu_s;
        summary.peak_rss_bytes = peak_rss_bytes();
    }
};

/// Does one more thing with a finished run; a failure turns the status, and loses nothing else.
template <class F>
void attempt(Summary& summary, F&& action) {
    try {
        action();
    } catch (const std::exception& error) {
        if (summary.error.empty()) {
            summary.status = "failed";
            summary.error = error.what();
        }
    }
}

}  // namespace

Experiment::Experiment(ExperimentOptions options, ExperimentInputs inputs)
    : plan_(std::move(options), std::move(inputs)) {}

RunResult Experiment::run() {
    const ExperimentOptions& options = plan_.options;
    std::optional<ResultFiles> files;
    if (!options.out.empty()) {
        files.emplace(options.out, options.overwrite);
        files->write_setup(scenario_, options, plan_.overlay);
    }
    const Meter meter;
    const InterruptGuard interrupt_guard;
    RunResult result;
    Summary& summary = result.summary;
    summary.scenario = scenario_;
    summary.nodes = options.nodes;
    summary.rounds = options.rounds;
    summary.seed = options.seed;
    summary.workers = options.workers;

    const std::unique_ptr<const ComputeClock> clock = make_clock(plan_);
    {
        Simulation simulation(plan_, *clock, files ? &*files : nullptr);
        run_to_an_end(simulation, options, summary);
        attempt(summary, [&] { simulation.hand_on_rows(); });
        summarize_learning(simulation, summary);
        result.rounds = simulation.rounds();
        if (summary.status == "complete") {
            result.parameters = simulation.final_parameters();
            summary.parameter_hash = parameter_hash(result.parameters);
        }
        if (files) {
            attempt(summary, [&] { files->write_nodes(simulation.node_rows()); });
            if (const NetworkUse* use = simulation.network_use()) {
                attempt(summary, [&] { files->write_links(use->links()); });
            }
        }
    }
    meter.read(summary);
    if (files) {
        attempt(summary, [&] { files->write_summary(summary); });
    }
    return result;
}

}  // namespace murmur
