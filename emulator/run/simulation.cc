#include "emulator/run/simulation.h"

#include "emulator/base/interrupt.h"
#include "emulator/network/link_names.h"
#include "emulator/network/packet_files.h"
#include "emulator/nodes/mailbox.h"
#include "emulator/ranks/ranks.h"
#include "emulator/run/graph_options.h"
#include "emulator/run/node_rows.h"
#include "emulator/run/ns3_network.h"
#include "emulator/run/rank_meetings.h"
#include "emulator/run/run_checkpoints.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kWaitPeriod{200};

}  // namespace

SimulatorScope::~SimulatorScope() {
    ns3::Simulator::Destroy();
}

Simulation::Simulation(ExperimentPlan& plan, const ComputeClock& clock, Recording recording)
    : plan_(plan),
      ranks_(begin_with_ranks(plan)),
      recording_(std::move(recording)),
      underlay_(make_links(plan)),
      transport_(make_network(plan, underlay_)),
      graph_(task_graph_options(plan, !clock.knows_durations())),
      bridge_(graph_, clock),
      door_(
          plan.protocol.name, plan.options.nodes, plan.options.rounds, ns3::PeekPointer(underlay_)),
      nodes_(plan),
      flow_({.nodes = nodes_,
             .graph = graph_,
             .underlay = ns3::PeekPointer(underlay_),
             .num_nodes = plan.options.nodes,
             .counts_exchanges = !recording_.sinks.empty()}) {
    try {
        set_up();
    } catch (...) {
        tear_down();
        throw;
    }
}

Simulation::~Simulation() {
    tear_down();
}

void Simulation::set_up() {
    const RunNetwork network{plan_.options, transport_, underlay_, nodes_with_packets(transport_)};
    if (recording_.packets != nullptr) {
        recording_.packets->watch(network.nodes);
    }
    if (plan_.beside) {
        plan_.beside(network);
    }
    if (underlay_ && plan_.options.link_bins > 0) {
        network_use_ = std::make_unique<NetworkUse>(
            underlay_, transport_, plan_.options.link_bins, Mailbox::round_of);
        if (!recording_.sinks.empty()) {
            link_history_.emplace(*network_use_, underlay_->GetNLinks(), plan_.options.link_bins);
        }
    }
    observer_ = std::make_unique<RunObserver>(observer_options(), graph_, bridge_, plan_.learners);
    if (recording_.traces != nullptr) {
        recording_.traces->watch(*transport_, network_use_.get(), [this](SimTime until) {
            observer_->hand_on_all_rows(until);
        });
    }
    nodes_.make({.bridge = bridge_,
                 .transport = *transport_,
                 .trace = recording_.trace != nullptr ? *recording_.trace : no_trace_,
                 .events = *observer_,
                 .door = door_,
                 .device_watcher =
                     recording_.traces != nullptr ? recording_.traces->device_watcher() : nullptr,
                 .on_halt = [this] { halt(); }});
    nodes_.start();
    flow_.connect(*transport_);
    start_link_changes();
    start_clock_of_end();
    if (ranks_ != nullptr) {
        digest_check_.emplace(*ranks_, graph_);
    }
    checkpoints_.emplace(
        checkpoint_parts(plan_, recording_, graph_, nodes_, [this] { return is_told_to_end(); }));
}

void Simulation::tear_down() {
    if (ranks_ != nullptr) {
        ranks_->end_run();  // what is told of from now on finds nobody
    }
    link_schedule_.reset();
    network_use_.reset();
    transport_->Dispose();
    transport_ = nullptr;
}

// What it does at each step that the observer sees, and at set times.

RunObserver::Options Simulation::observer_options() {
    RunObserver::Options options{
        .num_nodes = plan_.options.nodes,
        .num_attackers = plan_.attackers.count(),
        .num_rounds = plan_.options.rounds,
        .eval_every = plan_.options.eval_every,
        .eval_samples = plan_.options.eval_samples,
        .evaluates = plan_.evaluates,
        .tests_globally = plan_.options.evaluate != "own",
        .own_test = plan_.own_test ? &*plan_.own_test : nullptr,
        .same_start = plan_.initial.size() == 1,
        .targets = plan_.targets,
        .keeps_models = !plan_.targets.empty() || plan_.until || plan_.lives.has_churn,
        .has_churn = plan_.lives.has_churn,
        .saving = plan_.saving,
        .models = recording_.models,
        .complete = [this](Observation seen) { return complete(std::move(seen)); },
        .totals = [this] { return present_totals(); },
        .on_all_done = [] { ns3::Simulator::Stop(); },
        .on_progress = [this](std::uint64_t rounds) { nodes_.note_progress(rounds); },
        .on_round_arrived =
            [this](std::uint64_t round) {
                keep_links();
                flow_.close_round(round);
                if (digest_check_) {
                    digest_check_->note_round(round, Bridge::now());
                }
                checkpoints_->note_round(round, Bridge::now());
            },
        .on_metrics = [this](const Observation& row) { recording_.add_metrics(row); },
        .on_round =
            [this](const RoundRow& row) {
                rounds_.push_back(row);
                flow_.count_round(row.round);
                recording_.add_round(row);
            }};
    options.on_target = [this](SimTime time) {
        graph_.drop_from(time + SimTime(1));
        ns3::Simulator::Stop();
        stop_others();
    };
    options.on_known = [this](SimTime time) {
        recording_.know(time);
        if (link_history_) {
            link_history_->forget_before(time);
        }
    };
    if (network_use_) {
        options.slowest_of = [this](std::uint64_t round) {
            return network_use_->take_slowest(round);
        };
    }
    return options;
}

void Simulation::keep_links() {
    if (!link_history_) {
        return;
    }
    link_history_->keep(Bridge::now());
    if (link_history_->is_full()) {
        observer_->hand_on_all_rows(link_history_->awaited() + SimTime(1));
    }
}

void Simulation::start_clock_of_end() {
    if (plan_.until) {
        // What happens at that very instant is part of the run.
        Bridge::after(*plan_.until + SimTime(1), [this] {
            is_until_over_ = true;
            ns3::Simulator::Stop();
        });
    }
}

void Simulation::start_link_changes() {
    if (!underlay_) {
        return;
    }
    link_schedule_ = schedule_links(plan_.links, underlay_);
    // Traces may be without end; nothing that happens after the last round matters.
    link_schedule_->StopWhen(ns3::Callback<bool>([this] { return nodes_.is_complete(); }));
    link_schedule_->Start();
}

// Running it.

Ending Simulation::run(const std::function<void()>& on_wait) {
    const std::exception_ptr error = run_events(on_wait);
    if (ranks_ == nullptr) {
        return record_ending(error);
    }
    if (!ranks_->is_recorder()) {
        Ending ending = follow_ending(*ranks_);
        observer_->follow_recorder(ending.end);
        return ending;
    }
    Ending ending{.cause = Ending::Cause::kFailed, .end = SimTime(0)};
    try {
        ending = record_ending(error);
    } catch (...) {
        ending.error = std::current_exception();
    }
    tell_ending(*ranks_, ending);
    return ending;
}

std::exception_ptr Simulation::run_events(const std::function<void()>& on_wait) {
    std::exception_ptr error;
    is_running_ = true;
    try {
        ns3::Simulator::Run();
    } catch (...) {
        error = std::current_exception();
        cut_off_ = Bridge::now();
        // It may have ended a wait for a value.
        is_interrupted_ = is_told_to_end();
        // Tasks of earlier instants go on: what ended before the failure is part of the run.
        graph_.drop_from(*cut_off_ + SimTime(1));
    }
    is_running_ = false;
    // With known durations the events of a small run are over long before its learning is.
    const auto look = [&] {
        try {
            on_wait();
        } catch (...) {
            error = error ? error : std::current_exception();
            stop_others();
            graph_.cancel();
        }
    };
    const auto wait = [&] {
        while (!graph_.wait_all_for(kWaitPeriod)) {
            look();
        }
    };
    wait();
    if (ranks_ != nullptr) {
        end_with_others(error, look);
        wait();  // for what they have brought
    }
    checkpoints_->complete_written();
    return error;
}

void Simulation::end_with_others(const std::exception_ptr& error,
                                 const std::function<void()>& look) {
    // The others may not have met it.
    const SimTime instant = cut_off_.value_or(Bridge::now());
    if (error && ranks_->is_recorder()) {
        stop_others();
    } else if (error && !is_told_to_end() &&
               graph_.first_failure().value_or(SimTime::max()) > instant) {
        graph_.fail(instant, error);
    }
    graph_.report_learned(cut_off_.value_or(SimTime::max()), true);
    graph_.end_submitting();
    if (!ranks_->is_recorder()) {
        return;
    }
    wait_for_others(graph_, look, [this] { return is_interrupted_; });
}

// How it ended.

Ending Simulation::record_ending(const std::exception_ptr& error) {
    SimTime end =
        std::min(cut_off_.value_or(SimTime::max()), graph_.first_lost().value_or(SimTime::max()));
    if (is_until_over_) {
        end = std::min(end, *plan_.until + SimTime(1));
    }
    observer_->hand_on_all_rows(end);
    return ending_of(error, end);
}

Ending Simulation::ending_of(std::exception_ptr event_error, SimTime end) const {
    using Cause = Ending::Cause;
    if (const std::optional<SimTime> reached = observer_->target_time()) {
        return {.cause = Cause::kTarget, .end = *reached + SimTime(1)};
    }
    const std::optional<SimTime> failure = graph_.first_failure();
    // What all ranks meet at one instant this one says in its own words.
    const bool is_own = event_error && cut_off_ && failure && *cut_off_ <= *failure;
    if (failure && *failure == graph_.first_lost() && !is_own) {
        return {.cause = Cause::kFailed, .end = end, .error = graph_.failure()};
    }
    if (is_interrupted_ && end < SimTime::max()) {
        if (const std::string gone = ranks_ != nullptr ? ranks_->gone() : ""; !gone.empty()) {
            return {.cause = Cause::kFailed,
                    .end = end,
                    .error = std::make_exception_ptr(std::runtime_error(gone))};
        }
        return {.cause = Cause::kInterrupted, .end = end};
    }
    if (event_error) {
        return {.cause = Cause::kFailed, .end = end, .error = std::move(event_error)};
    }
    if (is_until_over_) {
        return {.cause = Cause::kUntil, .end = end, .is_now = true};
    }
    if (nodes_.is_complete()) {
        return {.cause = Cause::kRounds, .end = end, .is_now = true};
    }
    return {.cause = Cause::kHalted, .end = end, .is_now = !is_halted_};
}

// What may end it early.

bool Simulation::is_told_to_end() const {
    return InterruptGuard::is_requested() || (ranks_ != nullptr && ranks_->is_stopped());
}

void Simulation::stop_others() {
    if (ranks_ != nullptr) {
        ranks_->stop_others();
    }
}

void Simulation::interrupt() {
    is_interrupted_ = true;
    stop_others();
    graph_.cancel();
    if (is_running_) {
        cut_off_ = Bridge::now();
        ns3::Simulator::Stop();
    }
}

void Simulation::note_foreign_event() {
    ++foreign_events_;
    if (!nodes_.has_something_ahead() && !nodes_.is_complete()) {
        halt();
    }
}

void Simulation::halt() {
    is_halted_ = true;
    ns3::Simulator::Stop();
}

// What is told of it in the end.

std::string Simulation::describe_halt() const {
    const std::string down = underlay_ ? links_down(*underlay_) : "";
    return nodes_.describe_halt() + (down.empty() ? "" : "; links that are down: " + down);
}

std::vector<Parameters> Simulation::final_parameters(const Ending& ending) {
    std::vector<Parameters> parameters(nodes_.agents().size());
    for (const auto& agent : nodes_.agents()) {
        const bool is_final = ending.cause == Ending::Cause::kRounds && agent->final_model();
        const ModelHandle& model =
            is_final ? agent->final_model() : observer_->known_model(agent->id());
        // Not the node's own rank, where it has a server's model.
        const std::optional<unsigned> maker = TaskGraph::maker_of(model);
        if (maker ? *maker == ranks_->rank() : graph_.owns(agent->id())) {
            parameters[agent->id()] = bridge_.value(model);
        }
    }
    return parameters;
}

RunTotals Simulation::present_totals() const {
    return {.events = ns3::Simulator::GetEventCount() - foreign_events_,
            .messages_in_doubt = transport_->GetNDoubtful(),
            .doubts = transport_->GetDoubts(),
            .retransmissions = transport_->GetNRetransmissions(),
            .timeouts = transport_->GetNTimeouts(),
            .messages_in_flight = flow_.in_flight()};
}

RunTotals Simulation::totals(const Ending& ending) const {
    return ending.is_now ? present_totals() : observer_->known_totals();
}

void Simulation::finish_trace(const Ending& ending, ComputeTraceWriter& trace) const {
    using Cause = Ending::Cause;
    if (ending.cause != Cause::kRounds && ending.cause != Cause::kUntil &&
        ending.cause != Cause::kTarget) {
        trace.write_before(ending.end);
        return;
    }
    std::vector<ComputeTraceWriter::Row> in_progress;
    for (const auto& agent : nodes_.agents()) {
        for (const Device::Running& running : agent->device().running()) {
            if (running.task.start < ending.end) {
                in_progress.push_back(
                    {running.task, bridge_.duration_of(running.task, running.output)});
            }
        }
    }
    trace.write_started_before(ending.end, std::move(in_progress));
}

void Simulation::finish_traces(const Ending& ending, RunTraces& traces) {
    for (const auto& agent : nodes_.agents()) {
        // What its device does now is counted, and so told of, up to now.
        static_cast<void>(agent->device().time_use());
    }
    const bool is_open = ending.end == SimTime::max();
    traces.finish(ending.end, is_open ? observer_->latest_time() : ending.end - SimTime(1));
}

std::optional<LinkTable> Simulation::links(const Ending& ending) const {
    if (!network_use_) {
        return std::nullopt;
    }
    if (ending.is_now) {
        return network_use_->links();
    }
    return link_history_ ? link_history_->latest_before(ending.end) : std::nullopt;
}

Observation Simulation::complete(Observation seen) const {
    seen.messages = flow_.sent_by(seen.node);
    if (!plan_.energy.empty()) {
        seen.joules = plan_.energy[seen.node].joules(seen);
    }
    if (network_use_) {
        seen.transfers = network_use_->sent_by(seen.node);
    }
    return seen;
}

std::vector<NodeRow> Simulation::node_rows(const Ending& ending) {
    return murmur::node_rows(plan_, nodes_, graph_, [&](NodeId node) {
        return ending.is_now ? complete(nodes_.at(node).snapshot()) : observer_->known(node);
    });
}

}  // namespace murmur
