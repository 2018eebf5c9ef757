#include "emulator/run/simulation.h"

#include "emulator/base/interrupt.h"

#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::Message;

constexpr std::chrono::milliseconds kWaitPeriod{200};

/// Live plus promised bytes beyond which the simulation waits for the learning: the present models,
/// those being made from them, messages of two rounds, and a round of run-ahead.
std::size_t memory_limit(const ExperimentPlan& plan) {
    constexpr std::size_t kModelsPerNode = 4;
    constexpr std::size_t kRoundsOfMessages = 2;
    constexpr std::size_t kSmallRun = std::size_t{64} << 20;
    const std::size_t model = plan.learners.any().num_parameters() * sizeof(float);
    std::size_t messages = plan.options.nodes;
    if (plan.protocol.sums_in_secret) {
        // Masked for each receiver.
        messages = 0;
        for (NodeId node = 0; node < plan.options.nodes; ++node) {
            messages += plan.overlay.row(node, 0).neighbors.size();
        }
    }
    return model * (kModelsPerNode * plan.options.nodes + kRoundsOfMessages * messages) + kSmallRun;
}

void warn_of_memory(std::size_t needed_bytes) {
    fmt::print(stderr,
               "warning: models and messages in flight take {:.1f} GB, more than was planned for; "
               "messages may wait without end for nodes that are too slow for them\n",
               static_cast<double>(needed_bytes) / 1e9);
}

TaskGraph::Options task_graph_options(const ExperimentPlan& plan) {
    return {.workers = plan.options.workers,
            .memory_limit_bytes = memory_limit(plan),
            .live_bytes = ParameterVector::live_bytes,
            .is_interrupted = InterruptGuard::is_requested,
            .on_over_limit = warn_of_memory,
            .round_trip_values = plan.round_trip_values,
            .on_worker_start = [](unsigned) { use_single_threaded_kernels(); }};
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

ns3::Ptr<ns3::murmuration::MessageTransport> make_transport(
    const ExperimentPlan& plan, ns3::Ptr<ns3::murmuration::Underlay> underlay) {
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(stream_seed(plan.options.seed, "ns3"));
    auto transport = underlay
                         ? ns3::murmuration::TransportHelper::Create(plan.options.network, underlay)
                         : plan.network_factory(plan.options);
    transport->AssignStreams(0);
    return transport;
}

}  // namespace

Simulation::Simulation(ExperimentPlan& plan, const ComputeClock& clock, ResultFiles* files)
    : plan_(plan),
      underlay_(make_links(plan)),
      transport_(make_transport(plan, underlay_)),
      graph_(task_graph_options(plan)),
      bridge_(graph_, clock),
      door_(plan.protocol.name,
            plan.options.nodes,
            plan.options.rounds,
            ns3::PeekPointer(underlay_)) {
    RunObserver::Options options{
        .num_nodes = plan.options.nodes,
        .num_rounds = plan.options.rounds,
        .eval_every = plan.options.eval_every,
        .eval_samples = plan.options.eval_samples,
        .evaluates = plan.evaluates,
        .same_start = plan.initial.size() == 1,
        .on_metrics = [](const Observation&) {},
        .on_round = [this](const RoundRow& row) { rounds_.push_back(row); }};
    if (underlay_ && plan.options.link_bins > 0) {
        network_use_ = std::make_unique<NetworkUse>(
            underlay_, transport_, plan.options.link_bins, Mailbox::round_of);
        options.slowest_of = [this](std::uint64_t round) {
            return network_use_->take_slowest(round);
        };
    }
    if (files != nullptr) {
        options.on_metrics = [files](const Observation& row) { files->add_metrics(row); };
        options.on_round = [this, files](const RoundRow& row) {
            rounds_.push_back(row);
            files->add_round(row);
        };
    }
    observer_ = std::make_unique<RunObserver>(std::move(options), graph_, bridge_, plan.learners);
    make_agents(files);
    connect_transport();
    start_link_changes();
}

Simulation::~Simulation() {
    link_schedule_.reset();
    network_use_.reset();
    transport_->Dispose();
    transport_ = nullptr;
    ns3::Simulator::Destroy();
}

void Simulation::make_agents(ResultFiles* files) {
    const RunServices services{.bridge = bridge_,
                               .learners = plan_.learners,
                               .sharing = *plan_.sharing,
                               .overlay = plan_.overlay,
                               .train_data = *plan_.data.train,
                               .transport = *transport_,
                               .trace = files != nullptr ? files->compute_trace() : no_trace_,
                               .events = *observer_,
                               .agents = agents_,
                               .door = door_,
                               .num_rounds = plan_.options.rounds,
                               .seed = plan_.options.seed,
                               .num_nodes = plan_.options.nodes,
                               .overlaps_training = plan_.protocol.overlaps_training};
    for (NodeId node = 0; node < plan_.options.nodes; ++node) {
        const bool is_server = plan_.protocol.has_server && node == 0;
        agents_.push_back(std::make_unique<NodeAgent>(
            NodeSetup{.id = node,
                      .role = is_server ? SharingRole::kServer : SharingRole::kPeer,
                      .partition = plan_.partition[node],
                      .initial = plan_.initial_of(node),
                      .make_protocol = plan_.protocol.make},
            services));
        ns3::Simulator::Schedule(ns3::Seconds(0), &NodeAgent::start, agents_.back().get());
    }
}

void Simulation::connect_transport() {
    const bool connected = transport_->TraceConnectWithoutContext(
        "Sent", ns3::Callback<void, const Message&>([this](const Message& message) {
            ++messages_;
            agents_[message.from]->device().message_departs();
            agents_[message.to]->device().message_departs();
        }));
    if (!connected) {
        throw std::logic_error("the message transport has no trace source Sent");
    }
    // Returns whether somebody is to be told: a message may have been taken back.
    const auto end_transit = [this](const Message& message) {
        agents_[message.from]->device().message_ends();
        agents_[message.to]->device().message_ends();
        return agents_[message.from]->mailbox().close(message);
    };
    transport_->SetDeliveryCallback(
        ns3::Callback<void, const Message&>([this, end_transit](const Message& message) {
            if (end_transit(message)) {
                agents_[message.to]->deliver(message);
            }
        }));
    transport_->SetFailureCallback(ns3::Callback<void, const Message&, const std::string&>(
        [this, end_transit](const Message& message, const std::string& reason) {
            if (end_transit(message)) {
                agents_[message.from]->give_up(message, reason);
            }
        }));
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

void Simulation::run(const std::function<void()>& on_wait) {
    try {
        ns3::Simulator::Run();
        // With known durations the events of a small run are over long before its learning is.
        while (!graph_.wait_all_for(kWaitPeriod)) {
            on_wait();
        }
    } catch (...) {
        // A task that failed: earlier ones still run, so that the first failure in simulated time
        // is the one reported.  Anything else: what has not started is not worth the wait.
        if (!graph_.first_failure()) {
            graph_.cancel();
        }
        graph_.wait_all();
        throw;
    }
    graph_.wait_all();
}

void Simulation::stop() {
    graph_.cancel();
    ns3::Simulator::Stop();
}

void Simulation::hand_on_rows() {
    const std::optional<SimTime> failure = graph_.first_failure();
    observer_->hand_on_all_rows(failure ? *failure - SimTime(1) : SimTime::max() - SimTime(1));
}

bool Simulation::is_complete() const {
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
        if (agent->round() < plan_.options.rounds && waiting++ == 0) {
            first = fmt::format("node {} waits for {}", agent->id(), agent->waits_for());
        }
    }
    return fmt::format("nothing left to happen, but {} of {} nodes have not finished: {}",
                       waiting,
                       agents_.size(),
                       first);
}

std::vector<Parameters> Simulation::final_parameters() {
    std::vector<Parameters> parameters;
    for (const auto& agent : agents_) {
        parameters.push_back(bridge_.value(agent->final_model()));
    }
    return parameters;
}

std::map<std::string, std::uint64_t> Simulation::protocol_counts() const {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& agent : agents_) {
        for (const auto& [what, count] : agent->counts()) {
            counts[what] += count;
        }
    }
    return counts;
}

std::vector<NodeRow> Simulation::node_rows() {
    std::vector<NodeRow> rows;
    for (NodeId node = 0; node < agents_.size(); ++node) {
        NodeRow row;
        row.node = node;
        row.speed = plan_.speeds[node];
        if (!plan_.network.up_bps.empty()) {
            row.up_bps = plan_.network.up_bps[node];
            row.down_bps = plan_.network.down_bps[node];
        }
        row.samples = agents_[node]->num_samples();
        row.totals = agents_[node]->snapshot();
        if (network_use_) {
            row.transfers = network_use_->sent_by(node);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace murmur
