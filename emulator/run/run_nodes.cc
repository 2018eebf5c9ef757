#include "emulator/run/run_nodes.h"

#include "emulator/run/experiment_plan.h"

#include "ns3/nstime.h"
#include "ns3/simulator.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {

void RunNodes::make(const Parts& parts) {
    if (plan_.lives.has_churn) {
        presence_.emplace(Churn::present_at_start(plan_.lives, plan_.options.nodes));
    }
    const RunServices services{.bridge = parts.bridge,
                               .learners = plan_.learners,
                               .sharing = *plan_.sharing,
                               .overlay = plan_.overlay,
                               .train_data = *plan_.data.train,
                               .transport = parts.transport,
                               .trace = parts.trace,
                               .events = parts.events,
                               .agents = agents_,
                               .door = parts.door,
                               .attackers = plan_.attackers,
                               .num_rounds = plan_.options.rounds,
                               .seed = plan_.options.seed,
                               .rate = LearningRate(plan_.options.training),
                               .num_nodes = plan_.options.nodes,
                               .overlaps_training = plan_.protocol.overlaps_training,
                               .presence = presence_ ? &*presence_ : nullptr,
                               .keeps_models = plan_.lives.returns_with == ReturnsWith::kNeighbor,
                               .device_watcher = parts.device_watcher};
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
    if (presence_) {
        make_churn(parts);
    }
}

void RunNodes::make_churn(const Parts& parts) {
    churn_ = std::make_unique<Churn>(Churn::Parts{.plan = plan_.lives,
                                                  .presence = *presence_,
                                                  .agents = agents_,
                                                  .transport = parts.transport,
                                                  .overlay = plan_.overlay,
                                                  .num_rounds = plan_.options.rounds,
                                                  .seed = plan_.options.seed,
                                                  .on_end = [] { ns3::Simulator::Stop(); },
                                                  .on_halt = parts.on_halt});
}

void RunNodes::start() {
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

void RunNodes::note_progress(std::uint64_t rounds) {
    if (churn_) {
        churn_->note_progress(rounds);
    }
}

bool RunNodes::is_complete() const {
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

bool RunNodes::is_last_round_reached() const {
    return std::any_of(agents_.begin(), agents_.end(), [this](const auto& agent) {
        return agent->round() + 1 >= plan_.options.rounds;
    });
}

bool RunNodes::has_something_ahead() const {
    return started_ < agents_.size() || (churn_ && churn_->has_something_ahead()) ||
           std::any_of(agents_.begin(), agents_.end(), [](const auto& agent) {
               return agent->has_something_ahead();
           });
}

std::string RunNodes::describe_halt() const {
    std::uint32_t waiting = 0;
    const NodeAgent* behind = nullptr;
    for (const auto& agent : agents_) {
        if (!agent->is_present(agent->id()) || agent->round() >= plan_.options.rounds) {
            continue;
        }
        ++waiting;
        // The one furthest behind is next to the cause, the others wait for it in turn.  Of a
        // server's run that is node 0, whatever clients were drawn for.
        if (behind == nullptr || (!plan_.protocol.has_server && agent->round() < behind->round())) {
            behind = agent.get();
        }
    }
    const std::string first =
        behind == nullptr
            ? ""
            : fmt::format(": node {} waits for {}", behind->id(), behind->waits_for());
    const std::string absent = churn_ ? churn_->describe_absent() : "";
    return fmt::format("nothing left to happen, but {} of {} nodes have not finished{}{}{}",
                       waiting,
                       agents_.size(),
                       first,
                       absent.empty() ? "" : "; ",
                       absent);
}

}  // namespace murmur
