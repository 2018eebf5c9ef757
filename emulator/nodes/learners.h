#pragma once

#include "learning/dataset.h"
#include "learning/learner.h"

#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// One learner per worker; each is touched by its own worker thread alone.
class Learners {
  public:
    Learners(const std::string& model,
             const DatasetPair& data,
             TrainingOptions options,
             unsigned workers) {
        learners_.push_back(std::make_unique<Learner>(model, data, options));
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
