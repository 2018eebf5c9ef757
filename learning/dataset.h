#pragma once

#include "learning/goal.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Inputs and targets of some samples, in the order in which they were asked for.
struct Batch {
    at::Tensor inputs;   ///< [batch, sample shape...] float32, or int64 where they are indices
    at::Tensor targets;  ///< [batch, target shape...], as the goal has them
};

/// Samples in memory, read-only and shared by all nodes and all workers.
class Dataset {
  public:
    virtual ~Dataset() = default;

    [[nodiscard]] virtual std::int64_t size() const = 0;
    /// Returns what is learnt; it lives as long as the dataset.
    [[nodiscard]] virtual const Goal& goal() const = 0;
    /// Returns the shape of one sample, for instance {3, 32, 32}.
    [[nodiscard]] virtual std::vector<std::int64_t> sample_shape() const = 0;
    /// Returns the number of classes, or of the values that a model gives; 1 for regression.
    [[nodiscard]] virtual std::int64_t num_classes() const = 0;
    /// Returns how many values each position of integer inputs can take (characters of a text,
    /// users and items of a rating): one number for each position, or one for all; empty where
    /// inputs are float32.
    [[nodiscard]] virtual std::vector<std::int64_t> input_ranges() const { return {}; }
    /// Returns where the samples of each natural user begin, and then size(): those of user i are
    /// [offsets[i], offsets[i + 1]); empty where samples belong to nobody.
    [[nodiscard]] virtual std::span<const std::int64_t> user_offsets() const { return {}; }
    /// Returns the class of every sample, for partitioners; empty where samples have none.
    [[nodiscard]] virtual std::span<const std::int64_t> labels() const = 0;
    /// Returns whether samples follow one another as the parts of a text do, so that neighboring
    /// ones make a part of it.
    [[nodiscard]] virtual bool is_in_order() const { return false; }
    /// Gathers samples; safe to call from many threads at once.
    /// @pre every index is in [0, size())
    [[nodiscard]] virtual Batch batch(std::span<const std::int64_t> indices) const = 0;
};

/// What the nodes learn from and what they are tested on.
struct DatasetPair {
    std::shared_ptr<const Dataset> train;
    std::shared_ptr<const Dataset> test;
    /// Test samples of each natural user of `train`; empty where nobody has any of their own.
    std::vector<std::vector<std::int64_t>> own_test{};
};

/// Which of a pair of datasets samples are of.
enum class DataPart : std::uint8_t { kTraining, kTest };

/// Loads or generates the dataset that `spec` names, such as `synthetic:train=3000` or
/// `cifar10:DIR`; `datasets()` of learning/datasets.h holds them.
/// @throws std::invalid_argument  on an unknown name or option, or a file that is missing,
///                                truncated, has a wrong magic number or a label out of range
[[nodiscard]] DatasetPair load_dataset(std::string_view spec, std::uint64_t seed);

/// Says in one line what was made of the files: samples, shape, classes, users.
[[nodiscard]] std::string describe(const DatasetPair& data);

}  // namespace murmur
