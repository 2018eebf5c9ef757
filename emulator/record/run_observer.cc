#include "emulator/record/run_observer.h"

#include "emulator/base/run_error.h"
#include "emulator/ranks/ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace murmur {

RunObserver::RunObserver(Options options, TaskGraph& graph, Bridge& bridge, Learners& learners)
    : options_(std::move(options)),
      graph_(graph),
      bridge_(bridge),
      learners_(learners),
      records_(graph.ranks() == nullptr || graph.ranks()->is_recorder()),
      known_(options_.num_nodes),
      simulated_(options_.num_nodes),
      learned_(options_.num_nodes),
      targets_(options_.targets, options_.num_nodes) {
    for (std::uint32_t node = 0; node < options_.num_nodes; ++node) {
        known_[node].seen.node = node;
    }
    if (!records_) {
        graph_.ranks()->listen(Channel::kKnown, [this](unsigned, std::uint64_t until, auto, auto) {
            recorded_until_ = static_cast<SimTime::rep>(until);
        });
    }
}

bool RunObserver::is_evaluated(std::uint64_t rounds) const {
    return rounds % options_.eval_every == 0 || rounds == options_.num_rounds;
}

void RunObserver::observe(Observation observation, const ModelHandle& model) {
    const std::uint64_t rounds = observation.rounds;
    Round& round = rounds_[rounds];
    Entry entry{.seen = options_.complete(std::move(observation)),
                .model = options_.keeps_models ? model : ModelHandle{},
                .totals = options_.totals()};
    if (is_evaluated(rounds)) {
        if (!entry.seen.is_attacker) {
            add_to_consensus(round, entry.seen, model);
        }
        if (options_.evaluates[entry.seen.node]) {
            entry.seen.evaluation = evaluate(entry.seen, model);
        }
    }
    if (options_.saving.wants(
            entry.seen.node, rounds, is_evaluated(rounds), rounds == options_.num_rounds)) {
        save(entry.seen, model);
    }
    graph_.bring_to_recorder(entry.seen.train_loss);
    graph_.bring_to_recorder(entry.seen.messages_not_finite);
    graph_.bring_to_recorder(entry.seen.evaluation);
    const std::uint32_t node = entry.seen.node;
    keep(std::move(entry));
    simulated_.settle(node, rounds);
    note_arrivals();
    hand_on_finished_rows(latest_time_);
    if (rounds == options_.num_rounds && ++done_ == options_.num_nodes) {
        options_.on_all_done();
    }
    options_.on_progress(rounds);
}

void RunObserver::pass_over(const Observation& observation) {
    keep({.seen = options_.complete(observation),
          .model = {},
          .totals = options_.totals(),
          .what = Entry::What::kPassedOver});
    simulated_.settle(observation.node, observation.rounds);
    note_arrivals();
    options_.on_progress(observation.rounds);
}

void RunObserver::leave(const Observation& observation) {
    keep({.seen = options_.complete(observation),
          .model = {},
          .totals = options_.totals(),
          .what = Entry::What::kLeft});
    simulated_.leave(observation.node);
    note_arrivals();
}

void RunObserver::keep(Entry entry) {
    latest_time_ = entry.seen.time;
    simulated_node_rounds_ +=
        entry.what == Entry::What::kFinished && entry.seen.rounds > 0 ? 1 : 0;
    entry.node_rounds = simulated_node_rounds_;
    if (records_ || options_.keeps_models) {
        entries_.push_back(std::move(entry));
    }
}

void RunObserver::note_arrivals() {
    const std::uint64_t settled = std::min(simulated_.settled_by_all(), options_.num_rounds + 1);
    for (; arrived_ < settled; ++arrived_) {
        const auto round = rounds_.find(arrived_);
        if (round != rounds_.end()) {
            close_consensus(round->second, arrived_);
            round->second.slowest = arrived_ > 0 ? options_.slowest_of(arrived_ - 1) : std::nullopt;
        }
        if (!records_ && round != rounds_.end()) {
            rounds_.erase(round);
        }
        if (arrived_ > 0) {
            options_.on_round_arrived(arrived_);
        }
    }
}

Handle<EvaluationResult> RunObserver::evaluate(const Observation& observation,
                                               const ModelHandle& model) {
    // One model tested on each node's own data is as many tests.
    const bool is_common = options_.own_test == nullptr;
    const bool is_shared_start = is_common && observation.rounds == 0 && options_.same_start;
    if (is_shared_start && start_evaluation_) {
        return start_evaluation_;
    }
    if (is_common && model == tested_) {
        return tested_evaluation_;
    }
    const Handle<EvaluationResult> result = bridge_.observe(
        {.node = observation.node,
         .start = observation.time,
         .cost = {.kind = TaskKind::kEvaluate, .round = observation.rounds},
         .rank = graph_.maker_of(model)},
        [learners = &learners_,
         samples = options_.eval_samples,
         tests_globally = options_.tests_globally,
         own = options_.own_test,
         node = observation.node,
         rounds = observation.rounds](unsigned worker, const Parameters& parameters) {
            Learner& learner = learners->of(worker);
            const auto require_finite = [&](const EvaluationResult& result) {
                if (result.samples > 0 && !std::isfinite(result.loss)) {
                    throw DivergedError(fmt::format(
                        "the test loss of node {} is {} after round {}", node, result.loss, rounds));
                }
            };
            EvaluationResult evaluation{std::nan(""), std::nan(""), 0};
            if (tests_globally) {
                evaluation = learner.evaluate(*parameters, samples);
                require_finite(evaluation);
            }
            if (own != nullptr) {
                const EvaluationResult result =
                    learner.evaluate(*parameters, own->part, own->samples[node]);
                require_finite(result);
                evaluation.own_loss = result.loss;
                evaluation.own_accuracy = result.accuracy;
                evaluation.own_samples = result.samples;
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

void RunObserver::save(const Observation& observation, const ModelHandle& model) {
    // Nobody waits for what this returns: the round is known once the task has run.
    bridge_.observe(
        {.node = observation.node,
         .start = observation.time,
         .cost = {.kind = TaskKind::kEvaluate, .round = observation.rounds},
         .rank = Ranks::kRecorder},
        [files = options_.models, node = observation.node, rounds = observation.rounds](
            const Parameters& parameters) { files->write(node, rounds, *parameters); },
        model);
}

void RunObserver::add_to_consensus(Round& round,
                                   const Observation& observation,
                                   const ModelHandle& model) {
    if (!round.reference) {
        round.reference = model;
    }
    // Where the model is, for it is large.
    const TaskDescription task{.node = observation.node,
                               .start = observation.time,
                               .cost = {.kind = TaskKind::kEvaluate, .round = observation.rounds},
                               .rank = graph_.maker_of(model)};
    const auto [sum, is_new] = round.consensus.try_emplace(
        graph_.rank_of(task), observation.node, "consensus", ConsensusSum());
    if (!round.first_sum) {
        round.first_sum = sum->second;
    } else if (is_new) {
        sum->second.be_part_of(*round.first_sum);
    }
    bridge_.observe(
        task,
        [](const Parameters& parameters, const Parameters& reference, ConsensusSum& sum) {
            sum.add(*parameters, *reference);
        },
        model,
        round.reference,
        sum->second);
}

void RunObserver::close_consensus(Round& round, std::uint64_t number) {
    if (round.consensus.empty()) {
        return;
    }
    TaskDescription task{.node = 0,
                         .start = latest_time_,
                         .cost = {.kind = TaskKind::kEvaluate, .round = number},
                         .is_aside = true};
    std::vector<Handle<ConsensusSum::Shared>> sums;
    for (const auto& [rank, sum] : round.consensus) {
        task.rank = rank;
        sums.push_back(bridge_.observe(
            task,
            [](ConsensusSum& own) {
                return std::make_shared<const ConsensusSum>(std::exchange(own, {}));
            },
            sum));
    }
    task.rank = Ranks::kRecorder;
    task.is_aside = false;
    round.consensus_distance = bridge_.observe(
        task,
        [](const std::vector<ConsensusSum::Shared>& of_ranks) {
            return ConsensusSum::distance(of_ranks);
        },
        std::move(sums));
    graph_.bring_to_recorder(round.consensus_distance);
    round.reference = {};
    round.first_sum.reset();
    round.consensus.clear();
}

RunObserver::Learned RunObserver::learned(SimTime now) const {
    const SimTime until = graph_.learned_until();
    // Entries are in the order of time.
    const auto first_unknown =
        std::partition_point(entries_.begin(), entries_.end(), [until](const Entry& entry) {
            return entry.seen.time < until;
        });
    return {first_unknown == entries_.begin() ? learned_node_rounds_
                                              : std::prev(first_unknown)->node_rounds,
            first_unknown == entries_.end() ? now : first_unknown->seen.time};
}

void RunObserver::hand_on_all_rows(SimTime until) {
    graph_.wait_until_learned(until);
    hand_on_finished_rows(until);
}

void RunObserver::follow_recorder(SimTime until) {
    while (!entries_.empty() && entries_.front().seen.time < until) {
        known_time_ = entries_.front().seen.time;
        note_known(entries_.front());
        entries_.pop_front();
    }
}

void RunObserver::tell_known() {
    // Now and then: it is there for memory's sake alone.
    constexpr SimTime::rep kOften = 16;
    const Ranks* const ranks = graph_.ranks();
    if (ranks != nullptr && options_.keeps_models && known_time_ > told_known_ &&
        (++known_instants_ % kOften) == 0) {
        told_known_ = known_time_;
        graph_.ranks()->broadcast(
            Channel::kKnown, static_cast<std::uint64_t>(known_time_.count()), 0, {});
    }
}

void RunObserver::hand_on_finished_rows(SimTime until) {
    if (!records_) {
        graph_.report_learned(until);
        follow_recorder(SimTime(recorded_until_));
        return;
    }
    const SimTime known = std::min(until, graph_.learned_until());
    while (!target_time_ && !entries_.empty() && entries_.front().seen.time < known) {
        const SimTime instant = entries_.front().seen.time;
        std::size_t count = 1;
        while (count < entries_.size() && entries_[count].seen.time == instant) {
            ++count;
        }
        hand_on_instant(count);
        tell_known();
        look_at_targets();
        options_.on_known(instant);
    }
}

void RunObserver::hand_on_instant(std::size_t count) {
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count);
    known_time_ = entries_.front().seen.time;
    known_totals_ = entries_[count - 1].totals;
    std::stable_sort(entries_.begin(), end, [](const Entry& a, const Entry& b) {
        return a.seen.node < b.seen.node;
    });
    std::for_each(entries_.begin(), end, [this](Entry& entry) { note_known(entry); });
    entries_.erase(entries_.begin(), end);
    while (!rounds_.empty() && rounds_.begin()->first < learned_.settled_by_all()) {
        hand_on_round(rounds_.begin()->first, rounds_.begin()->second);
        rounds_.erase(rounds_.begin());
    }
}

void RunObserver::note_known(Entry& entry) {
    Observation& seen = entry.seen;
    Known& known = known_[seen.node];
    if (entry.what != Entry::What::kFinished) {
        known.seen = seen;
        if (entry.what == Entry::What::kLeft) {
            learned_.leave(seen.node);
        } else {
            learned_.settle(seen.node, seen.rounds);
        }
        return;
    }
    learned_node_rounds_ += seen.rounds > 0 ? 1 : 0;
    learned_.settle(seen.node, seen.rounds);
    if (seen.evaluation && records_) {
        options_.on_metrics(seen);
        known.test = seen.evaluation;
        targets_.note(seen.node, seen.evaluation.value());
    }
    known.model = std::move(entry.model);
    known.seen = seen;
    if (!records_) {
        return;
    }
    Round& round = rounds_[seen.rounds];
    round.nodes.resize(options_.num_nodes);
    round.nodes[seen.node] = std::move(seen);
}

std::vector<EvaluationResult> RunObserver::known_tests() const {
    std::vector<EvaluationResult> tests;
    for (const Known& known : known_) {
        if (known.test) {
            tests.push_back(known.test.value());
        }
    }
    return tests;
}

void RunObserver::look_at_targets() {
    if (targets_.is_reached()) {
        target_time_ = known_time_;
        options_.on_target(known_time_);
    }
}

void RunObserver::hand_on_round(std::uint64_t number, const Round& round) {
    RoundRow row;
    const auto has_finished = [number](const Observation& node) { return node.rounds == number; };
    // Mostly all have: there is nothing to pick then.
    if (options_.has_churn && !std::ranges::all_of(round.nodes, has_finished)) {
        std::vector<Observation> finished;
        finished.reserve(round.nodes.size());
        RoundRow others;  // the totals of those that have not, when each was last seen
        for (std::uint32_t node = 0; node < options_.num_nodes; ++node) {
            if (has_finished(round.nodes[node])) {
                finished.push_back(round.nodes[node]);
            } else {
                add_totals(known_[node].seen, others);
            }
        }
        row = summarize_round(finished);
        add_totals(others, row);
    } else {
        row = summarize_round(round.nodes);
    }
    row.slowest = round.slowest;
    if (round.consensus_distance) {
        row.consensus_distance = round.consensus_distance.value();
        latest_ = row;
    }
    options_.on_round(row);
    if (options_.models != nullptr) {
        options_.models->end_round(row, round.nodes);
    }
}

}  // namespace murmur
