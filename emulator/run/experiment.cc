#include "emulator/run/experiment.h"

#include "emulator/base/interrupt.h"
#include "emulator/base/resource_usage.h"
#include "emulator/base/run_error.h"
#include "emulator/base/wall_ticker.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/record/model_files.h"
#include "emulator/record/result_files.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/run/final_models.h"
#include "emulator/run/ns3_settings.h"
#include "emulator/run/progress.h"
#include "emulator/run/resumption.h"
#include "emulator/run/run_traces.h"
#include "emulator/run/simulation.h"
#include "learning/privacy/dp_sgd.h"

#include "ns3/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kTickPeriod{200};

/// @param has_accuracy  what is called accuracy is one
ProgressState progress_of(RunObserver& observer,
                          const ExperimentOptions& options,
                          bool has_accuracy) {
    // What is learnt, not what is simulated: the simulation of a small run is over in no time.
    const RunObserver::Learned learned = observer.learned(Bridge::now());
    ProgressState state{.rounds_done = static_cast<double>(learned.node_rounds) / options.nodes,
                        .rounds = options.rounds,
                        .simulated_s = to_seconds(learned.until)};
    if (const std::optional<RoundRow>& latest = observer.latest_evaluated()) {
        if (has_accuracy && !std::isnan(latest->accuracy.mean)) {
            state.mean_accuracy = latest->accuracy.mean;
        }
        state.mean_loss = latest->loss.mean;
    }
    return state;
}

/// Says what an exception was; those that are none of the standard's, too.
std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "something was thrown that is no std::exception";
    }
}

bool is_divergence(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const DivergedError&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// Says in the summary how the run ended.
void note_ending(const Ending& ending, const Simulation& simulation, Summary& summary) {
    using Cause = Ending::Cause;
    switch (ending.cause) {
        case Cause::kRounds:
        case Cause::kUntil:
        case Cause::kTarget:
            summary.status = "complete";
            summary.ended_by = ending.cause == Cause::kRounds  ? "rounds"
                               : ending.cause == Cause::kUntil ? "until"
                                                               : "target";
            return;
        case Cause::kInterrupted:
            summary.status = "interrupted";
            return;
        case Cause::kHalted:
            summary.error = simulation.describe_halt();
            return;
        case Cause::kFailed:
            break;
    }
    summary.error = text_of(ending.error);
    if (is_divergence(ending.error)) {
        summary.status = "diverged";
        summary.error += fmt::format(" (simulated time {:.6f} s)",
                                     to_seconds(simulation.first_failure().value_or(SimTime(0))));
    }
}

/// Runs the simulation and says how it ended.
Ending run_to_an_end(Simulation& simulation, const ExperimentOptions& options, Summary& summary) {
    Progress progress(options.quiet || !simulation.records());
    const auto look = [&] {
        if (simulation.is_told_to_end()) {
            simulation.interrupt();
        }
        simulation.observer().hand_on_finished_rows(Bridge::now());
        simulation.complete_checkpoints();
        progress.show(progress_of(simulation.observer(), options, summary.metric == "accuracy"));
    };
    const WallTicker ticker(kTickPeriod, [&] {
        simulation.note_foreign_event();
        look();
    });
    const Ending ending = simulation.run(look);
    note_ending(ending, simulation, summary);
    return ending;
}

double simulated_seconds(const Ending& ending, const RunObserver& observer) {
    switch (ending.cause) {
        case Ending::Cause::kUntil:
        case Ending::Cause::kTarget:
            return to_seconds(ending.end - SimTime(1));
        default:
            return to_seconds(ending.is_now ? observer.latest_time() : observer.known_time());
    }
}

/// Sums up the latest test of each node, where the run ended amid a round.
void summarize_tests(const std::vector<EvaluationResult>& tests, Summary& summary) {
    std::vector<double> accuracies;
    std::vector<double> losses;
    std::vector<double> own_accuracies;
    std::vector<double> own_losses;
    const auto add = [](double value, std::vector<double>& values) {
        if (!std::isnan(value)) {
            values.push_back(value);
        }
    };
    for (const EvaluationResult& test : tests) {
        add(test.loss, losses);
        add(test.accuracy, accuracies);
        add(test.own_loss, own_losses);
        add(test.own_accuracy, own_accuracies);
    }
    const Spread own_accuracy = spread_of(own_accuracies);
    summary.mean_own_test_accuracy = own_accuracy.mean;
    summary.min_own_test_accuracy = own_accuracy.min;
    summary.max_own_test_accuracy = own_accuracy.max;
    summary.mean_own_test_loss = spread_of(own_losses).mean;
    const Spread accuracy = spread_of(accuracies);
    summary.mean_test_accuracy = accuracy.mean;
    summary.min_test_accuracy = accuracy.min;
    summary.max_test_accuracy = accuracy.max;
    summary.mean_test_loss = spread_of(losses).mean;
    summary.tested_nodes = static_cast<std::uint32_t>(tests.size());
}

RunParts parts_of(const ExperimentPlan& plan) {
    return {.own_tests = plan.own_test.has_value(),
            .life = plan.lives.has_churn,
            .energy = !plan.energy.empty()};
}

void summarize_learning(Simulation& simulation,
                        const Ending& ending,
                        RunParts parts,
                        Summary& summary) {
    const RunObserver& observer = simulation.observer();
    const RunTotals totals = simulation.totals(ending);
    summary.simulated_s = simulated_seconds(ending, observer);
    summary.events = totals.events;
    summary.messages_in_doubt = totals.messages_in_doubt;
    summary.messages_in_doubt_by_reason = totals.doubts;
    summary.retransmissions = totals.retransmissions;
    summary.timeouts = totals.timeouts;
    summary.messages_in_flight = totals.messages_in_flight;
    summary.learning_cpu_s = to_seconds(simulation.usage().total());
    summary.held_back_s = to_seconds(simulation.held_back());
    const std::vector<NodeRow> rows = simulation.node_rows(ending);
    if (parts.life) {
        summary.present_share = 0;
    }
    if (parts.energy) {
        summary.joules = 0;
    }
    std::vector<double> epsilons;
    for (const NodeRow& row : rows) {
        summary.present_share += row.present_share / static_cast<double>(rows.size());
        summary.joules += row.totals.joules;
        summary.departures += row.totals.departures;
        summary.rounds_missed += row.totals.rounds_missed;
        summary.messages_aborted += row.totals.messages_aborted;
        summary.sends_refused += row.totals.sends_refused;
        if (!std::isnan(row.epsilon) && row.samples > 0) {
            epsilons.push_back(row.epsilon);
        }
        summary.messages += row.totals.messages;
        summary.messages_not_finite += row.messages_not_finite;
        summary.bytes_sent += row.totals.bytes_sent;
        summary.bytes_content += row.totals.bytes_content;
        summary.bytes_metadata += row.totals.bytes_metadata;
        for (const auto& [what, count] : row.totals.counts) {
            summary.protocol_counts[what] += count;
        }
    }
    const Spread epsilon = spread_of(epsilons);
    summary.max_epsilon = epsilon.max;
    summary.mean_epsilon = epsilon.mean;
    if (const std::optional<RoundRow>& latest = observer.latest_evaluated()) {
        summary.mean_test_accuracy = latest->accuracy.mean;
        summary.min_test_accuracy = latest->accuracy.min;
        summary.max_test_accuracy = latest->accuracy.max;
        summary.mean_test_loss = latest->loss.mean;
        summary.tested_nodes = latest->tested;
        summary.mean_own_test_accuracy = latest->own_accuracy.mean;
        summary.min_own_test_accuracy = latest->own_accuracy.min;
        summary.max_own_test_accuracy = latest->own_accuracy.max;
        summary.mean_own_test_loss = latest->own_loss.mean;
        summary.consensus_distance = latest->consensus_distance;
    }
    if (summary.ended_by == "until" || summary.ended_by == "target") {
        summarize_tests(observer.known_tests(), summary);
    }
}

/// Whether messages go elsewhere than along the edges of the overlay.
bool chooses_peers(const ProtocolPlan& protocol) {
    return protocol.has_changing_peers || protocol.peers == ProtocolPlan::Peers::kAny;
}

/// Counts the training samples of each node by their labels.
std::vector<LabelCount> count_labels(const ExperimentPlan& plan) {
    const std::span<const std::int64_t> labels = plan.data.train->labels();
    std::vector<LabelCount> counts;
    for (NodeId node = 0; !labels.empty() && node < plan.partition.size(); ++node) {
        std::map<std::int64_t, std::int64_t> of_node;
        for (const std::int64_t sample : plan.partition[node]) {
            ++of_node[labels[static_cast<std::size_t>(sample)]];
        }
        for (const auto& [label, samples] : of_node) {
            counts.push_back({node, label, samples});
        }
    }
    return counts;
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

/// Adds, on rank 0, what the run has cost the others.
void add_costs_of_others(Ranks& ranks, Summary& summary) {
    ByteSink sink;
    for (const double seconds : {summary.cpu_s, summary.learning_cpu_s}) {
        sink.f64(seconds);
    }
    sink.u64(summary.peak_rss_bytes);
    sink.u64(ranks.bytes_sent());
    const std::vector<Exchange::Bytes> all = ranks.gather(written(sink));
    summary.ranks = ranks.count();
    for (unsigned rank = 0; rank < all.size(); ++rank) {
        ByteSource source(all[rank]);
        const double cpu_s = source.f64();
        const double learning_cpu_s = source.f64();
        if (rank != ranks.rank()) {
            summary.cpu_s += cpu_s;
            summary.learning_cpu_s += learning_cpu_s;
        }
        summary.peak_rss_bytes = std::max(summary.peak_rss_bytes, source.u64());
        summary.bytes_between_ranks += source.u64();
    }
}

/// Does one more thing for a run; a failure turns the status, and loses nothing else.
template <class F>
void attempt(Summary& summary, F&& action) {
    try {
        action();
    } catch (...) {
        if (summary.error.empty()) {
            summary.status = is_divergence(std::current_exception()) ? "diverged" : "failed";
            summary.error = text_of(std::current_exception());
            summary.ended_by.clear();
        }
    }
}

}  // namespace

Experiment::Experiment(ExperimentOptions options, ExperimentInputs inputs)
    : sinks_(inputs.sinks),
      owned_plan_(std::make_unique<ExperimentPlan>(std::move(options), std::move(inputs))),
      plan_(*owned_plan_) {}

Experiment::~Experiment() = default;

const ExperimentOptions& Experiment::options() const {
    return plan_.options;
}

std::vector<std::string> Experiment::notes() const {
    return plan_.notes();
}

RunDescription Experiment::describe() const {
    const auto [environment, defaults] = present_ns3_settings();
    ExperimentOptions options = plan_.options;
    options.resume.clear();  // not part of what a run does: of one that began anew it says the same
    return {.scenario = scenario_,
            .options = std::move(options),
            .overlay = plan_.overlay,
            .ns3 = {environment, defaults},
            .parts = parts_of(plan_),
            .metric = std::string(plan_.data.test->goal().metric()),
            .chooses_peers = chooses_peers(plan_.protocol) ? plan_.protocol.name : "",
            .labels = count_labels(plan_)};
}

std::vector<RunSink*> Experiment::sinks(ResultFiles* files) const {
    std::vector<RunSink*> all;
    if (!plan_.records()) {
        return all;
    }
    if (files != nullptr) {
        all.push_back(files);
    }
    for (const std::shared_ptr<RunSink>& sink : sinks_) {
        all.push_back(sink.get());
    }
    return all;
}

const CheckpointMark* Experiment::go_on() {
    if (!plan_.options.resume.empty() && !plan_.resumed) {
        plan_.resumed = load_resumed(scenario_, plan_.options);
    }
    return plan_.resumed ? &plan_.resumed->mark : nullptr;
}

void Experiment::simulate(ResultFiles* files,
                          ModelFiles* models,
                          RunTraces* traces,
                          PacketFiles* packets,
                          RunResult& result) {
    Summary& summary = result.summary;
    const std::unique_ptr<const ComputeClock> clock = make_clock(plan_);
    const Ns3Settings settings = present_ns3_settings();
    Simulation simulation(plan_,
                          *clock,
                          {.sinks = sinks(files),
                           .trace = files != nullptr ? &files->compute_trace() : nullptr,
                           .models = models,
                           .traces = traces,
                           .packets = packets,
                           .writes_checkpoints = true});
    if (files != nullptr && present_ns3_settings() != settings) {
        files->begin(describe());  // the program's network has changed them
    }
    Ending ending{.cause = Ending::Cause::kFailed, .end = SimTime(0)};
    attempt(summary, [&] { ending = run_to_an_end(simulation, plan_.options, summary); });
    summarize_learning(simulation, ending, parts_of(plan_), summary);
    if (const auto privacy = make_privacy(plan_.options.training.privacy)) {
        summary.delta = privacy->delta;
    }
    result.rounds = simulation.rounds();
    if (summary.status == "complete") {
        result.parameters = simulation.final_parameters(ending);
        summary.parameter_hash = hash_of_all(
            plan_.ranks.get(), result.parameters, plan_.options.workers);
        if (plan_.ranks && plan_.saving.when == ModelSaving::When::kFinal) {
            bring_saved_to_recorder(*plan_.ranks, plan_.saving, result.parameters);
        }
    }
    if (models != nullptr && summary.status == "complete") {
        const auto seen = [&](std::uint32_t node) -> const Observation& {
            return simulation.observer().known(node);
        };
        attempt(summary, [&] { models->write_final(result.parameters, seen); });
    }
    if (files != nullptr) {
        attempt(summary, [&] { simulation.finish_trace(ending, files->compute_trace()); });
    }
    if (packets != nullptr) {
        attempt(summary, [&] { packets->finish(); });
    }
    if (traces != nullptr) {
        attempt(summary, [&] { simulation.finish_traces(ending, *traces); });
    }
    const std::optional<LinkTable> links = simulation.links(ending);
    const std::vector<ExchangeCounts::Row> exchanges = simulation.exchanges();
    for (RunSink* const sink : sinks(files)) {
        attempt(summary, [&] { sink->add_nodes(simulation.node_rows(ending)); });
        if (links) {
            attempt(summary, [&] { sink->add_links(*links); });
        }
        if (!exchanges.empty()) {
            attempt(summary, [&] { sink->add_exchanges(exchanges); });
        }
    }
}

void Experiment::write_into(const std::filesystem::path& folder) {
    plan_.options.out = folder.string();
}

void Experiment::rehearse() {
    const MeasuredClock clock(plan_.speeds);
    const Simulation simulation(plan_, clock);
}

RunResult Experiment::run() {
    const ExperimentOptions& options = plan_.options;
    const bool saves_models = plan_.saving.when != ModelSaving::When::kNever;
    if (saves_models && options.out.empty() && plan_.records()) {
        throw std::invalid_argument(
            fmt::format("--save-models: got {} without a result folder, allowed with --out",
                        options.save_models));
    }
    const RunTraces::Options traced{options.messages, plan_.timeline, options.nodes};
    if (traced.is_any() && options.out.empty() && plan_.records()) {
        throw std::invalid_argument(
            fmt::format("--{}: got {} without a result folder, allowed with --out",
                        options.messages ? "messages" : "timeline",
                        options.messages ? "true" : options.timeline));
    }
    if (plan_.checkpoint_period && options.out.empty() && plan_.records()) {
        throw std::invalid_argument(
            fmt::format("--checkpoint-every: got {} without a result folder, allowed with --out",
                        options.checkpoint_every));
    }
    const bool goes_on = go_on() != nullptr;
    if (plan_.checkpoint_period) {
        plan_.traits = checkpoint_traits(scenario_, options);
    }
    if (plan_.packets.is_any() && options.out.empty() && plan_.records()) {
        throw std::invalid_argument(
            "--pcap, --ascii-trace and --flow-monitor: got one without a result folder, allowed "
            "with --out");
    }
    std::optional<ResultFiles> files;
    std::optional<ModelFiles> models;
    std::optional<RunTraces> traces;
    std::optional<PacketFiles> packets;
    if (!options.out.empty() && plan_.records()) {
        files.emplace(options.out,
                      goes_on             ? UsedFolder::kGoOn
                      : options.overwrite ? UsedFolder::kReplace
                                          : UsedFolder::kRefuse,
                      parts_of(plan_),
                      options.workers);
        if (plan_.packets.is_any()) {
            packets.emplace(files->folder(), plan_.packets);
        }
    }
    const Meter meter;
    const InterruptGuard interrupt_guard;
    RunResult result;
    Summary& summary = result.summary;
    summary.scenario = scenario_;
    summary.metric = plan_.data.test->goal().metric();
    summary.nodes = options.nodes;
    summary.rounds = options.rounds;
    summary.seed = options.seed;
    summary.workers = options.workers;
    summary.attackers = plan_.attackers.count();
    summary.resumed_from_round = goes_on ? go_on()->round : 0;
    bool is_in_step = false;  // asks for the same things as other ranks do
    attempt(summary, [&] {
        for (RunSink* const sink : sinks(files ? &*files : nullptr)) {
            sink->begin(describe());
        }
        if (saves_models && files) {
            if (goes_on) {
                restore_models(*plan_.resumed, files->folder() / kModelFolder);
            }
            models.emplace(files->folder() / kModelFolder,
                           plan_.saving,
                           plan_.learners.any().layout(),
                           options.rounds,
                           goes_on);
        }
        if (traced.is_any() && files) {
            traces.emplace(files->folder(), traced);
        }
        simulate(files ? &*files : nullptr,
                 models ? &*models : nullptr,
                 traces ? &*traces : nullptr,
                 packets ? &*packets : nullptr,
                 result);
        is_in_step = true;
    });
    meter.read(summary);
    if (plan_.ranks && is_in_step) {
        attempt(summary, [&] { add_costs_of_others(*plan_.ranks, summary); });
    } else if (plan_.ranks) {
        plan_.ranks->abandon();
    }
    // The files last: they say of another sink that fails at the end.
    std::vector<RunSink*> ending = sinks(files ? &*files : nullptr);
    std::reverse(ending.begin(), ending.end());
    for (RunSink* const sink : ending) {
        attempt(summary, [&] { sink->end(summary); });
    }
    if (!is_in_step && !plan_.records()) {
        throw std::runtime_error(summary.error);  // no summary says so
    }
    return result;
}

}  // namespace murmur
