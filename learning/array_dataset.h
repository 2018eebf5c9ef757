#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace murmur {

/// Samples of numbers, as a table or an array has them.
struct ArrayData {
    std::vector<std::int64_t> shape{};  ///< of one sample
    std::int64_t num_classes = 1;
    std::vector<float> values{};         ///< [num_samples, shape...]
    std::vector<std::int64_t> labels{};  ///< [num_samples]; empty for a regression
    std::vector<float> targets{};        ///< [num_samples]; empty for a classification
};

/// Wraps samples as a dataset: a regression where there are `targets`, else a classification.
/// @pre as many labels or targets as samples
[[nodiscard]] std::shared_ptr<const Dataset> make_array_dataset(ArrayData data);

}  // namespace murmur
