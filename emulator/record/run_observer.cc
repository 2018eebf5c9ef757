#include "emulator/record/run_observer.h"

#include "emulator/base/run_error.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace murmur {

RunObserver::RunObserver(Options options, TaskGraph& graph, Bridge& bridge, Learners& learners)
    : options_(std::move(options)), graph_(graph), bridge_(bridge), learners_(learners) {}

bool RunObserver::is_evaluated(std::uint64_t rounds) const {
    return rounds % options_.eval_every == 0 || rounds == options_.num_rounds;
}

void RunObserver::observe(Observation observation, const ModelHandle& model) {
    latest_time_ = observation.time;
    Round& round = rounds_[observation.rounds];
    round.nodes.resize(options_.num_nodes);
    if (is_evaluated(observation.rounds)) {
        add_to_consensus(round, observation, model);
        if (options_.evaluates[observation.node]) {
            observation.evaluation = evaluate(observation, model);
            rows_.emplace(std::pair(observation.time, observation.node), observation);
        }
    }
    if (observation.rounds > 0) {
        pending_.push_back({observation.time, model, observation.evaluation});
    }
    if (++round.arrived == options_.num_nodes && observation.rounds > 0) {
        round.slowest = options_.slowest_of(observation.rounds - 1);
    }
    const std::uint32_t node = observation.node;
    round.nodes[node] = std::move(observation);
    hand_on_finished_rows(round.nodes[node].time);
}

Handle<EvaluationResult> RunObserver::evaluate(const Observation& observation,
                                               const ModelHandle& model) {
    const bool is_shared_start = observation.rounds == 0 && options_.same_start;
    if (is_shared_start && start_evaluation_) {
        return start_evaluation_;
    }
    if (model == tested_) {
        return tested_evaluation_;
    }
    const Handle<EvaluationResult> result = bridge_.observe(
        {.node = observation.node,
         .start = observation.time,
         .cost = {.kind = TaskKind::kEvaluate, .round = observation.rounds}},
        [learners = &learners_,
         samples = options_.eval_samples,
         node = observation.node,
         rounds = observation.rounds](unsigned worker, const Parameters& parameters) {
            const EvaluationResult evaluation = learners->of(worker).evaluate(*parameters, samples);
            if (!std::isfinite(evaluation.loss)) {
                throw DivergedError(fmt::format("the test loss of node {} is {} after round {}",
                                                node,
                                                evaluation.loss,
                                                rounds));
            }
            return evaluation;
        },
        WorkerNumber{},
        model);
    if (is_shared_start) {
        start_evaluation_ = result;
    }
    tested_ = model;
    tested_evaluation_ = result;
    return result;
}

void RunObserver::add_to_consensus(Round& round,
                                   const Observation& observation,
                                   const ModelHandle& model) {
    if (!round.consensus) {
        round.consensus.emplace(observation.node, "consensus", ConsensusSum());
    }
    // One after the other, in simulated order: the sum does not depend on the workers.
    round.consensus_distance = bridge_.observe(
        {.node = observation.node,
         .start = observation.time,
         .cost = {.kind = TaskKind::kEvaluate, .round = observation.rounds}},
        [num_nodes = options_.num_nodes](const Parameters& parameters, ConsensusSum& sum) {
            sum.add(*parameters);
            return sum.count() == num_nodes ? sum.distance() : std::nan("");
        },
        model,
        *round.consensus);
}

bool RunObserver::exists(const AnyHandle& value, bool wait) {
    if (!value) {
        return true;
    }
    if (wait) {
        graph_.wait_until_over(value);
    }
    return graph_.has_value(value);
}

bool RunObserver::has_values(const Observation& observation, bool wait) {
    return exists(observation.train_loss, wait) && exists(observation.evaluation, wait);
}

bool RunObserver::has_values(const Round& round, bool wait) {
    if (round.arrived < options_.num_nodes || !exists(round.consensus_distance, wait)) {
        return false;
    }
    for (const Observation& node : round.nodes) {
        if (!has_values(node, wait)) {
            return false;
        }
    }
    return true;
}

RunObserver::Learned RunObserver::learned(SimTime now) {
    while (!pending_.empty() && exists(pending_.front().model, false) &&
           exists(pending_.front().evaluation, false)) {
        pending_.pop_front();
        ++learned_node_rounds_;
    }
    return {learned_node_rounds_, pending_.empty() ? now : pending_.front().time};
}

void RunObserver::hand_on_finished_rows(SimTime until) {
    hand_on(until, false);
}

void RunObserver::hand_on_all_rows(SimTime until) {
    hand_on(until + SimTime(1), true);
}

void RunObserver::hand_on(SimTime until, bool wait) {
    while (!rows_.empty() && rows_.begin()->first.first < until) {
        const auto row = rows_.begin();
        if (has_values(row->second, wait)) {
            options_.on_metrics(row->second);
        } else if (!wait) {
            break;
        }
        rows_.erase(row);
    }
    while (!rounds_.empty()) {
        const auto round = rounds_.begin();
        if (!has_values(round->second, wait)) {
            break;
        }
        hand_on_round(round->second);
        rounds_.erase(round);
    }
}

void RunObserver::hand_on_round(const Round& round) {
    RoundRow row = summarize_round(round.nodes);
    row.slowest = round.slowest;
    if (round.consensus) {
        row.consensus_distance = round.consensus_distance.value();
        latest_ = row;
    }
    options_.on_round(row);
}

}  // namespace murmur
