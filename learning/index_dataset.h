#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace murmur {

/// Samples whose inputs are a fixed number of indices: characters, words, a user and an item.
struct IndexData {
    std::int64_t length = 0;                   ///< indices of one sample
    std::vector<std::int64_t> input_ranges{};  ///< as in `Dataset`
    std::int64_t num_classes = 0;
    std::deque<std::int32_t> inputs{};   ///< [num_samples, length]; grows without copying itself
    std::vector<std::int64_t> labels{};  ///< [num_samples]; empty for a regression
    std::vector<float> targets{};        ///< [num_samples]; empty for a classification
    std::vector<std::int64_t> user_offsets{};  ///< as in `Dataset`
};

/// Wraps samples as a dataset: a regression where there are `targets`, else a classification.
/// @pre as many labels or targets as samples
[[nodiscard]] std::shared_ptr<const Dataset> make_index_dataset(IndexData data);

/// Returns some samples of a dataset, in this order and without their users; nothing is copied but
/// labels.
/// @pre every index is in [0, data->size())
[[nodiscard]] std::shared_ptr<const Dataset> subset_dataset(std::shared_ptr<const Dataset> data,
                                                            std::vector<std::int64_t> indices);

/// Holds a share of the samples back for testing, at least one and all but one at most, drawn from
/// `seed`.  Both parts keep the order of `data`.
/// @param share  above 0, below 1
/// @pre two samples or more
[[nodiscard]] DatasetPair split_dataset(std::shared_ptr<const Dataset> data,
                                        double share,
                                        std::uint64_t seed);

/// Returns the same samples in an order drawn from `seed`, without their users: the first n samples
/// of a test set that lies by user must not be those of the first users alone.
[[nodiscard]] std::shared_ptr<const Dataset> shuffled_dataset(std::shared_ptr<const Dataset> data,
                                                              std::uint64_t seed);

/// Returns where each sample of a set of this size is in `shuffled_dataset` with this seed.
[[nodiscard]] std::vector<std::int64_t> places_when_shuffled(std::int64_t size, std::uint64_t seed);

}  // namespace murmur
