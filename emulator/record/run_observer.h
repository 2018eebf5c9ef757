#pragma once

#include "emulator/nodes/learners.h"
#include "emulator/nodes/observation.h"
#include "emulator/nodes/run_events.h"
#include "emulator/record/round_statistics.h"
#include "emulator/tasks/bridge.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace murmur {

/// Watches a run without touching it: evaluates models in tasks that take no simulated time, and
/// hands finished rows on, those of nodes in the order (simulated time, node), those of rounds in
/// the order of rounds.
class RunObserver final : public RunEvents {
  public:
    struct Options {
        std::uint32_t num_nodes = 0;
        std::uint64_t num_rounds = 0;
        std::uint64_t eval_every = 1;   ///< round 0 and the last one are always evaluated
        std::int64_t eval_samples = 0;  ///< 0: the whole test set
        std::vector<bool> evaluates;    ///< [num_nodes]
        bool same_start = true;         ///< all nodes start from one model: it is tested once
        /// Asked at the instant at which the last node has finished a round: what the network says
        /// of the messages of that round (0, 1, ...).
        std::function<std::optional<SlowestTransfer>(std::uint64_t round)> slowest_of =
            [](std::uint64_t) { return std::nullopt; };
        std::function<void(const Observation&)> on_metrics;  ///< an evaluated node
        std::function<void(const RoundRow&)> on_round;
    };

    RunObserver(Options options, TaskGraph& graph, Bridge& bridge, Learners& learners);

    /// Says that a node has finished a round (or, with 0 rounds, starts) with this model.
    void observe(Observation observation, const ModelHandle& model) override;

    /// Hands on rows of instants before `until` whose values exist; never waits.
    void hand_on_finished_rows(SimTime until);
    /// Hands on all rows that are left up to and with `until`: waits for those whose values are
    /// being made, leaves out those whose task was dropped.
    void hand_on_all_rows(SimTime until);

    /// Returns the latest evaluated round that all nodes have finished and that was handed on.
    [[nodiscard]] const std::optional<RoundRow>& latest_evaluated() const { return latest_; }
    /// Returns the simulated instant of the latest observation.
    [[nodiscard]] SimTime latest_time() const { return latest_time_; }
    /// How far the learning has come, which follows the simulation at a distance.
    struct Learned {
        std::uint64_t node_rounds;  ///< finished ones of all nodes, tests included
        SimTime until;              ///< instant before which all of them are
    };
    /// Returns how far the learning has come while the simulation stands at `now`.
    [[nodiscard]] Learned learned(SimTime now);

  private:
    struct Round {
        std::vector<Observation> nodes;  ///< [num_nodes], filled in the order of arrival
        std::uint32_t arrived = 0;
        std::optional<StateCell<ConsensusSum>> consensus;  ///< of evaluated rounds
        Handle<double> consensus_distance;                 ///< of the models that have been added
        std::optional<SlowestTransfer> slowest;
    };

    /// A finished round of a node whose values may not exist yet.
    struct Pending {
        SimTime time;
        AnyHandle model;
        AnyHandle evaluation;  ///< empty where there is none
    };

    [[nodiscard]] bool is_evaluated(std::uint64_t rounds) const;
    Handle<EvaluationResult> evaluate(const Observation& observation, const ModelHandle& model);
    void add_to_consensus(Round& round, const Observation& observation, const ModelHandle& model);
    /// Tells whether every value of these exists; waits first if asked to.
    bool has_values(const Observation& observation, bool wait);
    bool has_values(const Round& round, bool wait);
    bool exists(const AnyHandle& value, bool wait);
    void hand_on(SimTime until, bool wait);
    void hand_on_round(const Round& round);

    Options options_;
    TaskGraph& graph_;
    Bridge& bridge_;
    Learners& learners_;
    std::multimap<std::pair<SimTime, std::uint32_t>, Observation> rows_;
    std::map<std::uint64_t, Round> rounds_;
    Handle<EvaluationResult> start_evaluation_;
    /// The latest model that was tested: a server's is recorded for every node, and tested once.
    ModelHandle tested_;
    Handle<EvaluationResult> tested_evaluation_;
    std::optional<RoundRow> latest_;
    SimTime latest_time_{0};
    std::deque<Pending> pending_;  ///< in simulated order, the order in which tasks run
    std::uint64_t learned_node_rounds_ = 0;
};

}  // namespace murmur
