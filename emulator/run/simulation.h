#pragma once

#include "emulator/network/network_use.h"
#include "emulator/nodes/node_agent.h"
#include "emulator/record/result_files.h"
#include "emulator/record/run_observer.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/task_graph.h"

#include "ns3/message-transport.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// One run in ns-3: network, nodes, task graph and observer, wired together.
class Simulation {
  public:
    /// @param files  where rows go, or null
    Simulation(ExperimentPlan& plan, const ComputeClock& clock, ResultFiles* files);
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// Runs until the last event and the last task are over, or until `stop`.
    /// @param on_wait  runs every so often in real time once all events are over, while learning
    ///                 is not
    /// @throws DivergedError, or what else went wrong first in simulated time
    void run(const std::function<void()>& on_wait);
    /// Ends the run after the present event; drops learning that has not started.  To be called
    /// from an event or from `on_wait`.
    void stop();
    /// Hands on all rows that exist, or that are being made.
    void hand_on_rows();

    [[nodiscard]] bool is_complete() const;
    /// Says which nodes did not finish and what the first ones wait for.
    [[nodiscard]] std::string describe_halt() const;
    /// Returns the final parameters of every node.
    /// @pre is_complete()
    [[nodiscard]] std::vector<Parameters> final_parameters();

    [[nodiscard]] std::vector<NodeRow> node_rows();
    /// Returns what the links have carried; null where they are not measured.
    [[nodiscard]] const NetworkUse* network_use() const { return network_use_.get(); }
    [[nodiscard]] RunObserver& observer() { return *observer_; }
    /// Returns the rounds that were handed on.
    [[nodiscard]] const std::vector<RoundRow>& rounds() const { return rounds_; }
    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    /// Returns how many of them the network may have delivered at a wrong time.
    [[nodiscard]] std::uint64_t messages_in_doubt() const { return transport_->GetNDoubtful(); }
    /// Returns the same by what they have met first.
    [[nodiscard]] std::map<std::string, std::uint64_t> messages_in_doubt_by_reason() const {
        return transport_->GetDoubts();
    }
    /// Returns how often all protocols together have counted what.
    [[nodiscard]] std::map<std::string, std::uint64_t> protocol_counts() const;
    /// Returns the simulated start of the task that failed first, if any did.
    [[nodiscard]] std::optional<SimTime> first_failure() const { return graph_.first_failure(); }
    [[nodiscard]] TaskGraph::Usage usage() const { return graph_.usage(); }
    /// Returns for how long, in real time, the simulation has waited for the learning's memory.
    [[nodiscard]] std::chrono::nanoseconds held_back() const { return graph_.held_back(); }

  private:
    void connect_transport();
    void make_agents(ResultFiles* files);
    void start_link_changes();

    ExperimentPlan& plan_;
    ns3::Ptr<ns3::murmuration::Underlay> underlay_;
    ns3::Ptr<ns3::murmuration::MessageTransport> transport_;
    TaskGraph graph_;
    Bridge bridge_;
    ProtocolDoor door_;
    ComputeTraceWriter no_trace_;
    std::unique_ptr<NetworkUse> network_use_;
    std::vector<RoundRow> rounds_;
    std::unique_ptr<RunObserver> observer_;
    std::vector<std::unique_ptr<NodeAgent>> agents_;
    std::unique_ptr<ns3::murmuration::LinkSchedule> link_schedule_;
    std::uint64_t messages_ = 0;
};

}  // namespace murmur
