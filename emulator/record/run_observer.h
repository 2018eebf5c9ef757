#pragma once

#include "emulator/nodes/learners.h"
#include "emulator/nodes/observation.h"
#include "emulator/nodes/run_events.h"
#include "emulator/record/consensus_sum.h"
#include "emulator/record/model_files.h"
#include "emulator/record/model_saving.h"
#include "emulator/record/round_progress.h"
#include "emulator/record/round_statistics.h"
#include "emulator/record/target.h"
#include "emulator/record/target_watch.h"
#include "emulator/tasks/bridge.h"
#include "learning/own_test.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// Totals of a run that no single node has.
struct RunTotals {
    std::uint64_t events = 0;  ///< of the simulator
    std::uint64_t messages_in_doubt = 0;
    std::map<std::string, std::uint64_t> doubts{};  ///< the same by reason
    std::uint64_t retransmissions = 0;  ///< of TCP
    std::uint64_t timeouts = 0;         ///< the same
    std::uint64_t messages_in_flight = 0;
};

/// Watches a run without touching it: evaluates models in tasks that take no simulated time, and
/// hands finished rows on, those of nodes in the order (simulated time, node), those of rounds in
/// the order of rounds.
///
/// The simulation runs ahead of the learning.  An instant is *known* once all tasks that started up
/// to it have their results; rows are handed on then, targets looked at, totals kept, so that a run
/// that ends early says the same whatever the workers did first.
///
/// In a run of several ranks each has one, for the tasks that it submits; that of rank 0 records.
class RunObserver final : public RunEvents {
  public:
    struct Options {
        std::uint32_t num_nodes = 0;
        std::uint32_t num_attackers = 0;  ///< of these; no figure of learning is about them
        std::uint64_t num_rounds = 0;
        std::uint64_t eval_every = 1;   ///< round 0 and the last one are always evaluated
        std::int64_t eval_samples = 0;  ///< 0: the whole test set
        std::vector<bool> evaluates;    ///< [num_nodes]; no attacker
        bool tests_globally = true;     ///< on the common test set
        const OwnTest* own_test = nullptr;  ///< what each node tests itself on as well; or null
        bool same_start = true;         ///< all nodes start from one model: it is tested once
        std::vector<Target> targets{};  ///< any of these ends the run
        bool keeps_models = false;      ///< of each node's latest known round
        bool has_churn = false;         ///< a round may be one of some nodes alone
        ModelSaving saving{};           ///< which models are saved, and when
        ModelFiles* models = nullptr;   ///< where; null on ranks that record nothing
        /// Asked at the instant at which the last node has finished a round: what the network says
        /// of the messages of that round (0, 1, ...).
        std::function<std::optional<SlowestTransfer>(std::uint64_t round)> slowest_of =
            [](std::uint64_t) { return std::nullopt; };
        /// Adds to each observation what its node does not know.
        std::function<Observation(Observation)> complete = [](Observation seen) { return seen; };
        /// Asked at each observation.
        std::function<RunTotals()> totals = [] { return RunTotals{}; };
        /// Every node has finished the last round.
        std::function<void()> on_all_done = [] {};
        /// A node is through with so many rounds.
        std::function<void(std::uint64_t rounds)> on_progress = [](std::uint64_t) {};
        /// Every node that takes part is through with a round (1, 2, ...), now.
        std::function<void(std::uint64_t round)> on_round_arrived = [](std::uint64_t) {};
        std::function<void(const Observation&)> on_metrics;  ///< an evaluated node
        std::function<void(const RoundRow&)> on_round;
        /// Everything up to and with this instant is known.
        std::function<void(SimTime)> on_known = [](SimTime) {};
        /// A target is reached at this instant: nothing later is handed on.
        std::function<void(SimTime)> on_target = [](SimTime) {};
    };

    RunObserver(Options options, TaskGraph& graph, Bridge& bridge, Learners& learners);

    /// Says that a node has finished a round (or, with 0 rounds, starts) with this model.
    void observe(Observation observation, const ModelHandle& model) override;
    void pass_over(const Observation& observation) override;
    void leave(const Observation& observation) override;

    /// Hands on rows of instants before `until` that are known; never waits.
    void hand_on_finished_rows(SimTime until);
    /// Hands on rows of instants before `until`: waits for tasks that are under way, and ends
    /// before an instant at which a task started that has no result.
    void hand_on_all_rows(SimTime until);

    /// On a rank that records nothing: takes as known what is before an instant, as rank 0 does.
    void follow_recorder(SimTime until);

    /// Returns the latest evaluated round that all nodes have finished and that was handed on.
    [[nodiscard]] const std::optional<RoundRow>& latest_evaluated() const { return latest_; }
    /// Returns the simulated instant of the latest observation.
    [[nodiscard]] SimTime latest_time() const { return latest_time_; }
    /// Returns the latest instant with an observation that is known.
    [[nodiscard]] SimTime known_time() const { return known_time_; }
    /// Returns the totals at the last known observation.
    [[nodiscard]] const RunTotals& known_totals() const { return known_totals_; }
    /// Returns a node's totals at its last known observation.
    [[nodiscard]] const Observation& known(std::uint32_t node) const { return known_[node].seen; }
    /// Returns the model of that observation; empty unless models are kept.
    [[nodiscard]] const ModelHandle& known_model(std::uint32_t node) const {
        return known_[node].model;
    }
    /// Returns the latest known tests, of nodes that are tested, ascending.
    [[nodiscard]] std::vector<EvaluationResult> known_tests() const;
    /// Returns the instant at which a target was reached, if one was.
    [[nodiscard]] std::optional<SimTime> target_time() const { return target_time_; }
    /// How far the learning has come, which follows the simulation at a distance.
    struct Learned {
        std::uint64_t node_rounds;  ///< finished ones of all nodes, tests included
        SimTime until;              ///< instant before which all of them are
    };
    /// Returns how far the learning has come while the simulation stands at `now`.
    [[nodiscard]] Learned learned(SimTime now) const;

  private:
    struct Round {
        std::vector<Observation> nodes;  ///< [num_nodes], filled as they are known
        /// Of evaluated rounds: by the rank that adds up its own models.
        std::map<unsigned, StateCell<ConsensusSum>> consensus;
        std::optional<StateCell<ConsensusSum>> first_sum;  ///< of these, which stands for all
        ModelHandle reference;              ///< the first model that was added
        Handle<double> consensus_distance;  ///< once all models have been added
        std::optional<SlowestTransfer> slowest;
    };

    /// A finished round of a node whose values may not exist yet.
    struct Entry {
        enum class What : std::uint8_t { kFinished, kPassedOver, kLeft };

        Observation seen;
        ModelHandle model;  ///< empty unless models are kept
        RunTotals totals;
        What what = What::kFinished;
        std::uint64_t node_rounds = 0;  ///< finished by all nodes, up to and with this one
    };
    /// The last of a node whose values do.
    struct Known {
        Observation seen;
        ModelHandle model;
        Handle<EvaluationResult> test;
    };

    [[nodiscard]] bool is_evaluated(std::uint64_t rounds) const;
    Handle<EvaluationResult> evaluate(const Observation& observation, const ModelHandle& model);
    void save(const Observation& observation, const ModelHandle& model);
    void add_to_consensus(Round& round, const Observation& observation, const ModelHandle& model);
    void close_consensus(Round& round, std::uint64_t number);
    void tell_known();
    /// Hands on the first `count` entries, those of one instant.
    void hand_on_instant(std::size_t count);
    void note_known(Entry& entry);
    void keep(Entry entry);
    /// Tells of rounds that the latest entry was the last one of.
    void note_arrivals();
    void hand_on_round(std::uint64_t number, const Round& round);
    void look_at_targets();

    Options options_;
    TaskGraph& graph_;
    Bridge& bridge_;
    Learners& learners_;
    bool records_;               ///< this rank does
    std::deque<Entry> entries_;  ///< in simulated order
    std::map<std::uint64_t, Round> rounds_;
    std::vector<Known> known_;  ///< [num_nodes]
    RoundProgress simulated_;   ///< of the simulation
    std::uint64_t arrived_ = 0;  ///< rounds that it was told of
    RoundProgress learned_;     ///< of what is known
    std::uint32_t done_ = 0;    ///< nodes that have finished the last round
    Handle<EvaluationResult> start_evaluation_;
    /// The latest model that was tested: a server's is recorded for every node, and tested once.
    ModelHandle tested_;
    Handle<EvaluationResult> tested_evaluation_;
    std::optional<RoundRow> latest_;
    SimTime latest_time_{0};
    SimTime known_time_{0};
    RunTotals known_totals_;
    std::optional<SimTime> target_time_;
    std::uint64_t simulated_node_rounds_ = 0;
    std::uint64_t learned_node_rounds_ = 0;
    TargetWatch targets_;
    std::atomic<SimTime::rep> recorded_until_{0};  ///< by rank 0, as it has told this one
    SimTime told_known_{0};                        ///< what this one has told the others
    std::uint64_t known_instants_ = 0;
};

}  // namespace murmur
