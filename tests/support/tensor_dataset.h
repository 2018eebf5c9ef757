#pragma once

#include "learning/dataset.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace murmur::test {

/// A dataset over two tensors, for tests that choose their samples themselves.
class TensorDataset final : public Dataset {
  public:
    /// @param inputs   [samples, sample shape...] float32, or int64 where `input_ranges` is given
    /// @param targets  [samples] int64 for classification, float32 for regression
    TensorDataset(at::Tensor inputs,
                  at::Tensor targets,
                  std::int64_t num_classes,
                  std::vector<std::int64_t> input_ranges = {});

    [[nodiscard]] std::int64_t size() const override;
    [[nodiscard]] const Goal& goal() const override;
    [[nodiscard]] std::vector<std::int64_t> sample_shape() const override;
    [[nodiscard]] std::int64_t num_classes() const override { return num_classes_; }
    [[nodiscard]] std::vector<std::int64_t> input_ranges() const override { return ranges_; }
    [[nodiscard]] std::span<const std::int64_t> labels() const override;
    [[nodiscard]] Batch batch(std::span<const std::int64_t> indices) const override;

  private:
    at::Tensor inputs_;
    at::Tensor targets_;
    std::int64_t num_classes_;
    std::vector<std::int64_t> ranges_;
};

/// Returns 0, 1, 2, ...: a partition of the first `count` samples.
[[nodiscard]] std::vector<std::int64_t> first_samples(std::int64_t count);

/// Returns standard normal samples of this shape with uniformly random classes, for training and
/// for testing alike.
[[nodiscard]] DatasetPair random_classification(std::int64_t samples,
                                                std::vector<std::int64_t> sample_shape,
                                                std::int64_t num_classes,
                                                std::uint64_t seed);

/// Returns sequences of uniformly random tokens in [0, vocabulary), with random next ones.
[[nodiscard]] DatasetPair random_sequences(std::int64_t samples,
                                           std::int64_t length,
                                           std::int64_t vocabulary,
                                           std::uint64_t seed);

/// Returns random (user, item) pairs with standard normal ratings.
[[nodiscard]] DatasetPair random_ratings(std::int64_t samples,
                                         std::int64_t users,
                                         std::int64_t items,
                                         std::uint64_t seed);

/// Returns standard normal features and targets.
[[nodiscard]] DatasetPair random_regression(std::int64_t samples,
                                            std::int64_t features,
                                            std::uint64_t seed);

}  // namespace murmur::test
