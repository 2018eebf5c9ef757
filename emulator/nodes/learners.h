#pragma once

#include "learning/dataset.h"
#include "learning/learner.h"

#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// One learner per worker, all of one device; each is touched by its own worker thread alone.
///
/// A task gets the learner of the worker that runs it, and its result is the same on any of them.
/// Learners of a second device would be a second set, chosen by the kind of the task: its bits must
/// not depend on which worker is free.
class Learners {
  public:
    Learners(const std::string& model,
             const DatasetPair& data,
             const TrainingOptions& options,
             unsigned workers,
             const std::string& device = "cpu") {
        learners_.push_back(make_learner(model, data, options, device));
        while (learners_.size() < workers) {
            learners_.push_back(learners_.front()->twin());
        }
    }

    [[nodiscard]] Learner& of(unsigned worker) { return *learners_[worker]; }

    /// Returns any of them, for what is the same in all: sizes and counts.
    [[nodiscard]] const Learner& any() const { return *learners_.front(); }

  private:
    std::vector<std::unique_ptr<Learner>> learners_;
};

}  // namespace murmur
