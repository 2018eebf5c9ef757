#include "emulator/record/target_watch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace murmur {

TargetWatch::TargetWatch(std::vector<Target> targets, std::uint32_t num_nodes)
    : latest_(targets.empty() ? 0 : num_nodes) {
    for (const Target& target : targets) {
        watched_.push_back({.target = target});
    }
}

void TargetWatch::note(std::uint32_t node, const EvaluationResult& test) {
    if (watched_.empty()) {
        return;
    }
    std::optional<EvaluationResult>& latest = latest_[node];
    tested_ += latest ? 0 : 1;
    for (Watched& watched : watched_) {
        if (latest) {
            take_out(*latest, watched);
        }
        put_in(test, watched);
    }
    latest = test;
}

void TargetWatch::take_out(const EvaluationResult& test, Watched& watched) {
    watched.good -= watched.target.is_good(test) ? 1 : 0;
    watched.sum -= watched.target.figure_of(test);
}

void TargetWatch::put_in(const EvaluationResult& test, Watched& watched) {
    const double figure = watched.target.figure_of(test);
    watched.good += watched.target.is_good(test) ? 1 : 0;
    watched.sum += figure;
    // Of what has been in the sum rounding is left, also once it is out again.
    watched.largest += std::abs(figure);
    ++watched.changes;
}

bool TargetWatch::is_reached() {
    return tested_ > 0 && std::any_of(watched_.begin(), watched_.end(), [this](Watched& watched) {
               return is_reached(watched);
           });
}

bool TargetWatch::is_reached(Watched& watched) const {
    if (watched.target.nodes == Target::Nodes::kAll) {
        return watched.good == tested_;
    }
    if (watched.changes > latest_.size()) {
        add_up(watched);
    }
    const double wanted = watched.target.value * tested_;
    const double rounding = 4 * static_cast<double>(watched.changes + latest_.size()) *
                            std::numeric_limits<double>::epsilon() *
                            (watched.largest + std::abs(wanted));
    // Not true where either is no number.
    if (std::abs(watched.sum - wanted) > rounding) {
        return watched.target.is_good(watched.sum / tested_);
    }
    add_up(watched);
    return watched.target.is_reached(tests());
}

std::vector<EvaluationResult> TargetWatch::tests() const {
    std::vector<EvaluationResult> tests;
    for (const std::optional<EvaluationResult>& test : latest_) {
        if (test) {
            tests.push_back(*test);
        }
    }
    return tests;
}

void TargetWatch::add_up(Watched& watched) const {
    watched.sum = 0;
    watched.largest = 0;
    watched.changes = 0;
    for (const EvaluationResult& test : tests()) {
        watched.sum += watched.target.figure_of(test);
        watched.largest += std::abs(watched.target.figure_of(test));
    }
}

}  // namespace murmur
