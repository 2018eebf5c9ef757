#include "emulator/run/simulation.h"

#include "emulator/base/interrupt.h"
#include "emulator/base/standard_streams.h"
#include "emulator/network/transports.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "learning/privacy/node_epsilon.h"

#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::Message;

constexpr std::chrono::milliseconds kWaitPeriod{200};
constexpr std::chrono::milliseconds kShortWait{5};
/// For how long an interrupted run waits for other ranks, which may be gone.
constexpr std::chrono::milliseconds kPatience{700};

/// Live plus promised bytes beyond which the simulation waits for the learning: the present models,
/// those being made from them, messages of two rounds, and a round of run-ahead.
std::size_t memory_limit(const ExperimentPlan& plan) {
    constexpr std::size_t kModelsPerNode = 4;
    constexpr std::size_t kRoundsOfMessages = 2;
    constexpr std::size_t kSmallRun = std::size_t{64} << 20;
    const std::size_t model = plan.learners.any().num_parameters() * sizeof(float);
    std::size_t own_nodes = 0;
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        own_nodes += plan.ranks == nullptr || plan.ranks->owns(node) ? 1 : 0;
    }
    std::size_t messages = plan.options.nodes;
    if (plan.protocol.sums_in_secret || plan.protocol.sends_models_apart) {
        // Another one for each receiver.
        messages = 0;
        for (NodeId node = 0; node < plan.options.nodes; ++node) {
            messages += plan.overlay.row(node, 0).neighbors.size();
        }
    }
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        if (plan.attackers.has(node) && plan.attackers.attack->forges()) {
            messages += plan.attackers.attack->is_per_victim()
                            ? plan.overlay.row(node, 0).neighbors.size()
                            : std::size_t{1};
        }
    }
    const std::size_t all =
        model * (kModelsPerNode * plan.options.nodes + kRoundsOfMessages * messages);
    return all / plan.options.nodes * own_nodes + kSmallRun;
}

void warn_of_memory(std::size_t needed_bytes) {
    say(stderr,
        "warning: models and messages in flight take {:.1f} GB, more than was planned for; "
        "messages may wait without end for nodes that are too slow for them\n",
        static_cast<double>(needed_bytes) / 1e9);
}

/// Begins the run with the other ranks; null for a process alone.
Ranks* begin_with_ranks(const ExperimentPlan& plan) {
    if (plan.ranks != nullptr) {
        using Instant = std::chrono::steady_clock::time_point;
        plan.ranks->give_up_waiting = [since = std::optional<Instant>()]() mutable {
            const Instant now = std::chrono::steady_clock::now();
            since =
                InterruptGuard::is_requested() ? std::optional(since.value_or(now)) : std::nullopt;
            if (since && now > *since + kPatience) {
                throw std::runtime_error("the other ranks do not answer");
            }
        };
        plan.ranks->begin_run(plan.deal_nodes());
    }
    return plan.ranks.get();
}

TaskGraph::Options task_graph_options(const ExperimentPlan& plan, bool shares_cpu_times) {
    return {.workers = plan.options.workers,
            .memory_limit_bytes = memory_limit(plan),
            .live_bytes = ParameterVector::live_bytes,
            .is_interrupted =
                [ranks = plan.ranks.get()] {
                    return InterruptGuard::is_requested() ||
                           (ranks != nullptr && ranks->is_stopped());
                },
            .on_over_limit = warn_of_memory,
            .round_trip_values = plan.round_trip_values,
            .on_worker_start = [](unsigned) { use_single_threaded_kernels(); },
            .ranks = plan.ranks.get(),
            .now = Bridge::now,
            .shares_cpu_times = shares_cpu_times,
            .past = plan.resumed ? plan.resumed->past.get() : nullptr,
            .keeps_past = plan.checkpoint_period.has_value()};
}

/// Null where the network is the caller's.
ns3::Ptr<ns3::murmuration::Underlay> make_links(const ExperimentPlan& plan) {
    if (plan.network_factory) {
        return nullptr;
    }
    auto underlay = make_underlay(plan.network, plan.options.nodes);
    impair_links(plan.links, *underlay);
    return underlay;
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_network(
    const ExperimentPlan& plan, ns3::Ptr<ns3::murmuration::Underlay> underlay) {
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(stream_seed(plan.options.seed, "ns3"));
    auto transport = underlay ? make_transport(plan.options.network, underlay)
                              : plan.network_factory(plan.options);
    if (underlay) {
        transport->SetTcpSettings(plan.links.tcp);
    }
    transport->AssignStreams(0);
    return transport;
}

/// ns-3's nodes that learn; empty where there are no packets.
ns3::NodeContainer nodes_with_packets(ns3::Ptr<ns3::murmuration::MessageTransport> transport) {
    const auto tcp = ns3::DynamicCast<ns3::murmuration::TcpMessageTransport>(transport);
    return tcp ? tcp->GetNodes() : ns3::NodeContainer();
}

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
      messages_(plan.options.nodes) {
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
    if (!recording_.sinks.empty()) {
        exchanges_.emplace(plan_.options.nodes);
    }
    observer_ = std::make_unique<RunObserver>(observer_options(), graph_, bridge_, plan_.learners);
    if (recording_.traces != nullptr) {
        recording_.traces->watch(*transport_, network_use_.get(), [this](SimTime until) {
            observer_->hand_on_all_rows(until);
        });
    }
    make_agents();
    make_churn();
    start_agents();
    connect_transport();
    start_link_changes();
    start_clock_of_end();
    if (ranks_ != nullptr) {
        digest_check_.emplace(*ranks_, graph_);
    }
    make_checkpoints();
}

void Simulation::make_checkpoints() {
    checkpoints_.emplace(Checkpoints::Parts{
        .period = recording_.writes_checkpoints ? plan_.checkpoint_period : std::nullopt,
        .results = plan_.options.out,
        .from = plan_.resumed.get(),
        .traits = plan_.traits,
        .models = recording_.models != nullptr ? recording_.models->folder() : "",
        .graph = graph_,
        .ranks = ranks_,
        .num_rounds = plan_.options.rounds,
        .is_last_round_reached =
            [this] {
                return std::any_of(agents_.begin(), agents_.end(), [this](const auto& agent) {
                    return agent->round() >= plan_.options.rounds;
                });
            },
        .is_told_to_end = [this] { return is_told_to_end(); },
        .write_start =
            [this](const PastSink& sink) {
                if (plan_.measured_costs) {
                    ByteSink costs;
                    write_costs(*plan_.measured_costs, costs);
                    sink({PastKind::kCosts, 0, 0}, costs.written());
                }
            }});
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
        .on_progress =
            [this](std::uint64_t rounds) {
                if (churn_) {
                    churn_->note_progress(rounds);
                }
            },
        .on_round_arrived =
            [this](std::uint64_t round) {
                keep_links();
                if (exchanges_) {
                    exchanges_->close(round - 1);
                }
                if (digest_check_) {
                    digest_check_->note_round(round, Bridge::now());
                }
                checkpoints_->note_round(round, Bridge::now());
            },
        .on_metrics =
            [this](const Observation& row) {
                for (RunSink* const sink : recording_.sinks) {
                    sink->add_metrics(row);
                }
            },
        .on_round =
            [this](const RoundRow& row) {
                rounds_.push_back(row);
                if (exchanges_ && row.round > 0) {
                    exchanges_->count(row.round - 1);
                }
                for (RunSink* const sink : recording_.sinks) {
                    sink->add_round(row);
                }
            }};
    options.on_target = [this](SimTime time) {
        graph_.drop_from(time + SimTime(1));
        ns3::Simulator::Stop();
        stop_others();
    };
    options.on_known = [this](SimTime time) {
        if (recording_.trace != nullptr) {
            recording_.trace->write_before(time + SimTime(1));
        }
        if (recording_.traces != nullptr) {
            recording_.traces->know(time);
        }
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

void Simulation::make_agents() {
    if (plan_.lives.has_churn) {
        presence_.emplace(Churn::present_at_start(plan_.lives, plan_.options.nodes));
    }
    const RunServices services{.bridge = bridge_,
                               .learners = plan_.learners,
                               .sharing = *plan_.sharing,
                               .overlay = plan_.overlay,
                               .train_data = *plan_.data.train,
                               .transport = *transport_,
                               .trace = recording_.trace != nullptr ? *recording_.trace : no_trace_,
                               .events = *observer_,
                               .agents = agents_,
                               .door = door_,
                               .attackers = plan_.attackers,
                               .num_rounds = plan_.options.rounds,
                               .seed = plan_.options.seed,
                               .rate = LearningRate(plan_.options.training),
                               .num_nodes = plan_.options.nodes,
                               .overlaps_training = plan_.protocol.overlaps_training,
                               .presence = presence_ ? &*presence_ : nullptr,
                               .keeps_models = plan_.lives.returns_with == ReturnsWith::kNeighbor,
                               .device_watcher = recording_.traces != nullptr
                                                     ? recording_.traces->device_watcher()
                                                     : nullptr};
    for (NodeId node = 0; node < plan_.options.nodes; ++node) {
        const bool is_server = plan_.protocol.has_server && node == 0;
        agents_.push_back(std::make_unique<NodeAgent>(
            NodeSetup{.id = node,
                      .role = is_server ? SharingRole::kServer : SharingRole::kPeer,
                      .partition = plan_.partition[node],
                      .initial = plan_.initial_of(node),
                      .make_protocol = plan_.protocol.make},
            services));
    }
}

void Simulation::start_agents() {
    for (const auto& agent : agents_) {
        ns3::Simulator::Schedule(ns3::Seconds(0), [this, agent = agent.get()] {
            agent->begin();
            if (!churn_) {
                ++started_;
                agent->start();
            }
        });
    }
    if (churn_) {
        ns3::Simulator::Schedule(ns3::Seconds(0), [this] {
            started_ = static_cast<std::uint32_t>(agents_.size());
            churn_->start();
        });
    }
}

void Simulation::make_churn() {
    if (!presence_) {
        return;
    }
    churn_ = std::make_unique<Churn>(Churn::Parts{.plan = plan_.lives,
                                                  .presence = *presence_,
                                                  .agents = agents_,
                                                  .transport = *transport_,
                                                  .overlay = plan_.overlay,
                                                  .num_rounds = plan_.options.rounds,
                                                  .seed = plan_.options.seed,
                                                  .on_end = [] { ns3::Simulator::Stop(); },
                                                  .on_halt =
                                                      [this] {
                                                          is_halted_ = true;
                                                          ns3::Simulator::Stop();
                                                      }});
}

void Simulation::connect_transport() {
    const bool connected = transport_->TraceConnectWithoutContext(
        "Sent", ns3::Callback<void, const Message&>([this](const Message& message) {
            check_time_of(message);
            digest(message);
            ++messages_[message.from];
            ++in_flight_;
            if (exchanges_ && Mailbox::purpose_of(message) == Purpose::kProtocol) {
                exchanges_->note_sent(message.from, message.to, Mailbox::round_of(message));
            }
            if (churn_) {
                churn_->note_sent(message);
            }
            agents_[message.from]->device().message_departs();
            agents_[message.to]->device().message_departs();
        }));
    if (!connected) {
        throw std::logic_error("the message transport has no trace source Sent");
    }
    const auto end_transit = [this](std::uint64_t id, NodeId from, NodeId to) {
        --in_flight_;
        if (churn_) {
            churn_->note_ended(id, from, to);
        }
        agents_[from]->device().message_ends();
        agents_[to]->device().message_ends();
    };
    transport_->SetDeliveryCallback(
        ns3::Callback<void, const Message&>([this, end_transit](const Message& message) {
            end_transit(message.id, message.from, message.to);
            if (Mailbox::purpose_of(message) == Purpose::kProtocol) {
                agents_[message.to]->deliver(message);
            } else {
                churn_->deliver(message);
            }
        }));
    transport_->SetFailureCallback(ns3::Callback<void, const Message&, const std::string&>(
        [this, end_transit](const Message& message, const std::string& reason) {
            end_transit(message.id, message.from, message.to);
            if (Mailbox::purpose_of(message) == Purpose::kProtocol) {
                agents_[message.from]->give_up(message, reason);
            } else {
                churn_->give_up(message);
            }
        }));
    // A message that was taken back is in nobody's hands, wherever its bytes are.
    transport_->TraceConnectWithoutContext(
        "Aborted", ns3::Callback<void, std::uint64_t, std::uint32_t, std::uint32_t>(end_transit));
}

void Simulation::start_link_changes() {
    if (!underlay_) {
        return;
    }
    link_schedule_ = schedule_links(plan_.links, underlay_);
    // Traces may be without end; nothing that happens after the last round matters.
    link_schedule_->StopWhen(ns3::Callback<bool>([this] { return is_complete(); }));
    link_schedule_->Start();
}

void Simulation::check_time_of(const Message& message) const {
    // Half of what ns-3 counts: nothing that a message goes through may add up to the other half.
    const double horizon_s = to_seconds(SimTime::max()) / 2;
    double time_s = to_seconds(Bridge::now());
    if (underlay_) {
        const auto route = underlay_->GetRoute(message.from, message.to);
        double rate = std::numeric_limits<double>::infinity();
        for (const std::uint32_t link : route.links) {
            rate = std::min(rate, static_cast<double>(underlay_->GetLink(link).rate.GetBitRate()));
        }
        // Slow start takes its round trips, other messages their share of the links.
        constexpr double kTimesOver = 40;
        time_s += kTimesOver * (route.latency.GetSeconds() +
                                8.0 * static_cast<double>(message.sizeBytes) / rate);
    }
    if (time_s > horizon_s) {
        throw std::range_error(
            fmt::format("a message from node {} to node {} at {:.4g} s may arrive beyond the 292 "
                        "years of simulated time that ns-3 counts; use a higher rate, a lower "
                        "latency or fewer rounds",
                        message.from,
                        message.to,
                        to_seconds(Bridge::now())));
    }
}

void Simulation::digest(const Message& message) {
    graph_.digest(static_cast<std::uint64_t>(Bridge::now().count()));
    graph_.digest((std::uint64_t{message.from} << 32) | message.to);
    graph_.digest(message.sizeBytes);
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
    // A rank that is gone does not answer; whoever has launched it ends the others.
    std::optional<std::chrono::steady_clock::time_point> given_up_at;
    while (!graph_.have_others_ended()) {
        std::this_thread::sleep_for(kShortWait);
        look();
        if (is_interrupted_ && !given_up_at) {
            given_up_at = std::chrono::steady_clock::now() + kPatience;
        }
        if (given_up_at && std::chrono::steady_clock::now() > *given_up_at) {
            return;
        }
    }
}

Ending Simulation::run(const std::function<void()>& on_wait) {
    const std::exception_ptr error = run_events(on_wait);
    if (ranks_ == nullptr) {
        return record_ending(error);
    }
    if (!ranks_->is_recorder()) {
        return follow_ending();
    }
    Ending ending{.cause = Ending::Cause::kFailed, .end = SimTime(0)};
    try {
        ending = record_ending(error);
    } catch (...) {
        ending.error = std::current_exception();
    }
    ByteSink sink;
    sink.u8(static_cast<std::uint8_t>(ending.cause));
    sink.u8(ending.is_now ? 1 : 0);
    sink.u64(static_cast<std::uint64_t>(ending.end.count()));
    (void)ranks_->share([&] { return written(sink); });
    return ending;
}

Ending Simulation::follow_ending() {
    const Exchange::Bytes bytes = ranks_->share({});
    ByteSource source(bytes);
    Ending ending{.cause = static_cast<Ending::Cause>(source.u8()),
                  .is_now = source.u8() != 0,
                  .error = std::make_exception_ptr(std::runtime_error("see rank 0"))};
    ending.end = SimTime(static_cast<SimTime::rep>(source.u64()));
    observer_->follow_recorder(ending.end);
    return ending;
}

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
        return {.cause = Cause::kInterrupted, .end = end};
    }
    if (event_error) {
        return {.cause = Cause::kFailed, .end = end, .error = std::move(event_error)};
    }
    if (is_until_over_) {
        return {.cause = Cause::kUntil, .end = end, .is_now = true};
    }
    if (is_complete()) {
        return {.cause = Cause::kRounds, .end = end, .is_now = true};
    }
    return {.cause = Cause::kHalted, .end = end, .is_now = !is_halted_};
}

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
    const bool has_something_ahead =
        started_ < agents_.size() || (churn_ && churn_->has_something_ahead()) ||
        std::any_of(agents_.begin(), agents_.end(), [](const auto& agent) {
            return agent->has_something_ahead();
        });
    if (!has_something_ahead && !is_complete()) {
        is_halted_ = true;
        ns3::Simulator::Stop();
    }
}

bool Simulation::is_complete() const {
    if (churn_) {
        return churn_->is_complete();
    }
    for (const auto& agent : agents_) {
        if (agent->round() < plan_.options.rounds) {
            return false;
        }
    }
    return true;
}

std::string Simulation::describe_halt() const {
    std::uint32_t waiting = 0;
    std::string first;
    for (const auto& agent : agents_) {
        const bool is_there = agent->is_present(agent->id());
        if (is_there && agent->round() < plan_.options.rounds && waiting++ == 0) {
            first = fmt::format(": node {} waits for {}", agent->id(), agent->waits_for());
        }
    }
    const std::string absent = churn_ ? churn_->describe_absent() : "";
    return fmt::format("nothing left to happen, but {} of {} nodes have not finished{}{}{}",
                       waiting,
                       agents_.size(),
                       first,
                       absent.empty() ? "" : "; ",
                       absent);
}

std::vector<Parameters> Simulation::final_parameters(const Ending& ending) {
    std::vector<Parameters> parameters(agents_.size());
    for (const auto& agent : agents_) {
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
            .messages_in_flight = in_flight_};
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
    for (const auto& agent : agents_) {
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
    for (const auto& agent : agents_) {
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

std::vector<ExchangeCounts::Row> Simulation::exchanges() const {
    return exchanges_ ? exchanges_->rows() : std::vector<ExchangeCounts::Row>();
}

Observation Simulation::complete(Observation seen) const {
    seen.messages = messages_[seen.node];
    if (!plan_.energy.empty()) {
        seen.joules = plan_.energy[seen.node].joules(seen);
    }
    if (network_use_) {
        seen.transfers = network_use_->sent_by(seen.node);
    }
    return seen;
}

std::vector<NodeRow> Simulation::node_rows(const Ending& ending) {
    std::vector<NodeRow> rows;
    NodeEpsilon epsilon(plan_.options.training);
    for (NodeId node = 0; node < agents_.size(); ++node) {
        NodeRow row;
        row.node = node;
        row.speed = plan_.speeds[node];
        if (!plan_.network.up_bps.empty()) {
            row.up_bps = plan_.network.up_bps[node];
            row.down_bps = plan_.network.down_bps[node];
        }
        row.samples = agents_[node]->num_samples();
        row.totals = ending.is_now ? complete(agents_[node]->snapshot()) : observer_->known(node);
        if (row.totals.time > SimTime(0)) {
            row.present_share =
                1 - to_seconds(row.totals.time_use.absent) / to_seconds(row.totals.time);
        }
        row.totals.is_attacker = plan_.attackers.has(node);
        const Handle<double>& not_finite = row.totals.messages_not_finite;
        if (not_finite && graph_.has_value(not_finite)) {
            row.messages_not_finite = static_cast<std::uint64_t>(not_finite.value());
        }
        row.epsilon = epsilon.of(row.samples, row.totals.steps);
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace murmur
