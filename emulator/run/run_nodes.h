#pragma once

#include "emulator/nodes/node_agent.h"
#include "emulator/nodes/presence.h"
#include "emulator/run/churn.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

struct ExperimentPlan;

/// The nodes of a run: an agent for each, and who of them is there.  Knows when all are done, and
/// when nothing that could wake one of them is under way.
class RunNodes {
  public:
    /// What agents need beside the plan.
    struct Parts {
        Bridge& bridge;
        ns3::murmuration::MessageTransport& transport;
        ComputeTraceWriter& trace;
        RunEvents& events;
        const ProtocolDoor& door;
        DeviceWatcher* device_watcher = nullptr;  ///< or null
        std::function<void()> on_halt;            ///< nodes come and go, and nothing else happens
    };

    /// There are no agents yet: a run in the making destroys them after its network, also where one
    /// of them cannot be made.
    explicit RunNodes(ExperimentPlan& plan) : plan_(plan) {}
    RunNodes(const RunNodes&) = delete;
    RunNodes& operator=(const RunNodes&) = delete;

    /// Makes all agents; to be called once.
    void make(const Parts& parts);
    /// Schedules that they begin, at time 0; to be called once.
    void start();

    [[nodiscard]] const std::vector<std::unique_ptr<NodeAgent>>& agents() const { return agents_; }
    [[nodiscard]] NodeAgent& at(NodeId node) const { return *agents_[node]; }
    /// Returns who lets nodes come and go; null where none does.
    [[nodiscard]] Churn* churn() const { return churn_.get(); }

    /// Says that some node is through with so many rounds.
    void note_progress(std::uint64_t rounds);
    /// Returns whether every node has finished its rounds.
    [[nodiscard]] bool is_complete() const;
    /// Returns whether some node is in the last round, in which some protocols do other things than
    /// in those before, or has finished it.
    [[nodiscard]] bool is_last_round_reached() const;
    /// Returns whether something is under way that may wake a node.
    [[nodiscard]] bool has_something_ahead() const;
    /// Says how many nodes did not finish, and what the one that is furthest behind waits for.
    [[nodiscard]] std::string describe_halt() const;

  private:
    void make_churn(const Parts& parts);

    ExperimentPlan& plan_;
    std::optional<Presence> presence_;  ///< where nodes come and go
    std::vector<std::unique_ptr<NodeAgent>> agents_;
    std::unique_ptr<Churn> churn_;  ///< the same
    std::uint32_t started_ = 0;     ///< nodes
};

}  // namespace murmur
