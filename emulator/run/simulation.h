#pragma once

#include "emulator/network/network_use.h"
#include "emulator/record/exchange_counts.h"
#include "emulator/record/run_observer.h"
#include "emulator/record/run_sink.h"
#include "emulator/run/checkpoints.h"
#include "emulator/run/digest_check.h"
#include "emulator/run/ending.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/run/link_history.h"
#include "emulator/run/message_flow.h"
#include "emulator/run/recording.h"
#include "emulator/run/run_nodes.h"
#include "emulator/run/run_traces.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "emulator/tasks/task_graph.h"

#include "ns3/message-transport.h"
#include "ns3/underlay.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// Empties ns-3's simulator, whose queue is global, when it goes.
struct SimulatorScope {
    SimulatorScope() = default;
    ~SimulatorScope();
    SimulatorScope(const SimulatorScope&) = delete;
    SimulatorScope& operator=(const SimulatorScope&) = delete;
};

/// One run in ns-3: network, nodes, task graph and observer, wired together.
class Simulation {
  public:
    Simulation(ExperimentPlan& plan, const ComputeClock& clock, Recording recording = {});
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// Runs until every node is done, simulated time is up, a target is reached, or something goes
    /// wrong; then until the learning has come as far, and hands on all rows of the run.
    /// @param on_wait  runs every so often in real time once all events are over, while learning
    ///                 is not
    /// @throws what handing rows on throws
    Ending run(const std::function<void()>& on_wait);
    /// Ends the run after the present event; drops learning that has not started.  To be called
    /// from an event or from `on_wait`.
    void interrupt();
    /// To be called by every event that is there for real time's sake alone.  Ends a run in which
    /// no node has anything ahead, though other events (of the program's own network) go on.
    void note_foreign_event();

    /// Says how many nodes did not finish, what one of them waits for, and which links are down.
    [[nodiscard]] std::string describe_halt() const;
    /// Returns the final parameters of every node; in a run of several ranks each has some.
    /// @pre the run has ended as it should
    [[nodiscard]] std::vector<Parameters> final_parameters(const Ending& ending);

    /// Each of these returns totals at the end of the run; where the simulation has run ahead of
    /// it, those of each node's last round before it (of links: of all nodes' last round).
    [[nodiscard]] std::vector<NodeRow> node_rows(const Ending& ending);
    [[nodiscard]] RunTotals totals(const Ending& ending) const;
    /// Writes what is left of the compute trace.
    void finish_trace(const Ending& ending, ComputeTraceWriter& trace) const;
    /// Writes what is left of the other traces.
    void finish_traces(const Ending& ending, RunTraces& traces);
    /// Empty where links are not measured, or no round was finished.
    [[nodiscard]] std::optional<LinkTable> links(const Ending& ending) const;
    /// Returns how many messages nodes sent and received in the rounds that were handed on.
    [[nodiscard]] std::vector<ExchangeCounts::Row> exchanges() const { return flow_.exchanges(); }

    /// Returns whether somebody, here or on another rank, wants the run to end.
    [[nodiscard]] bool is_told_to_end() const;
    /// Returns whether this process writes the results.
    [[nodiscard]] bool records() const { return plan_.records(); }
    [[nodiscard]] RunObserver& observer() { return *observer_; }
    /// To be called now and then.
    void complete_checkpoints() { checkpoints_->complete_written(); }
    /// Returns the rounds that were handed on.
    [[nodiscard]] const std::vector<RoundRow>& rounds() const { return rounds_; }
    /// Returns the simulated start of the task that failed first, if any did.
    [[nodiscard]] std::optional<SimTime> first_failure() const { return graph_.first_failure(); }
    [[nodiscard]] TaskGraph::Usage usage() const { return graph_.usage(); }
    /// Returns for how long, in real time, the simulation has waited for the learning's memory.
    [[nodiscard]] std::chrono::nanoseconds held_back() const { return graph_.held_back(); }

  private:
    RunObserver::Options observer_options();
    void set_up();
    void tear_down();
    void start_link_changes();
    void start_clock_of_end();
    void keep_links();
    void halt();
    [[nodiscard]] Ending record_ending(const std::exception_ptr& event_error);

    // With other ranks.
    /// Lets other ranks, if there are any, know that the run ends; before they miss anything by it.
    void stop_others();
    void end_with_others(const std::exception_ptr& error, const std::function<void()>& look);

    [[nodiscard]] std::exception_ptr run_events(const std::function<void()>& on_wait);
    [[nodiscard]] RunTotals present_totals() const;
    /// Adds what a node does not know of itself.
    [[nodiscard]] Observation complete(Observation seen) const;
    [[nodiscard]] Ending ending_of(std::exception_ptr event_error, SimTime end) const;

    SimulatorScope scope_;
    ExperimentPlan& plan_;
    Ranks* ranks_;  ///< null: this process alone
    Recording recording_;
    ns3::Ptr<ns3::murmuration::Underlay> underlay_;
    ns3::Ptr<ns3::murmuration::MessageTransport> transport_;
    TaskGraph graph_;
    Bridge bridge_;
    ProtocolDoor door_;
    ComputeTraceWriter no_trace_;
    std::unique_ptr<NetworkUse> network_use_;
    std::vector<RoundRow> rounds_;
    std::unique_ptr<RunObserver> observer_;
    RunNodes nodes_;
    std::unique_ptr<ns3::murmuration::LinkSchedule> link_schedule_;
    MessageFlow flow_;
    std::optional<LinkHistory> link_history_;
    std::optional<DigestCheck> digest_check_;  ///< in a run of several ranks
    std::optional<Checkpoints> checkpoints_;
    std::uint64_t foreign_events_ = 0;  ///< events that are not of the run's own
    std::optional<SimTime> cut_off_;    ///< where events were ended, though more were to come
    bool is_running_ = false;           ///< events are
    bool is_until_over_ = false;
    bool is_interrupted_ = false;
    bool is_halted_ = false;
};

}  // namespace murmur
