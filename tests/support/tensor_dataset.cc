#include "tests/support/tensor_dataset.h"

#include "learning/random_stream.h"

#include <ATen/ATen.h>

#include <numeric>

namespace murmur::test {
namespace {

at::Tensor random_normal(const std::vector<std::int64_t>& shape, RandomStream& stream) {
    at::Tensor values = at::empty(shape, at::kFloat);
    float* data = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        data[i] = static_cast<float>(stream.normal());
    }
    return values;
}

/// Returns uniformly random numbers in [0, bound).
at::Tensor random_indices(const std::vector<std::int64_t>& shape,
                          std::int64_t bound,
                          RandomStream& stream) {
    at::Tensor values = at::empty(shape, at::kLong);
    std::int64_t* data = values.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        data[i] = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(bound)));
    }
    return values;
}

DatasetPair for_both_uses(std::shared_ptr<const Dataset> data) {
    return {data, data};
}

}  // namespace

TensorDataset::TensorDataset(at::Tensor inputs,
                             at::Tensor targets,
                             std::int64_t num_classes,
                             std::vector<std::int64_t> input_ranges)
    : inputs_(std::move(inputs)),
      targets_(std::move(targets)),
      num_classes_(num_classes),
      ranges_(std::move(input_ranges)) {}

std::int64_t TensorDataset::size() const {
    return inputs_.size(0);
}

const Goal& TensorDataset::goal() const {
    return targets_.scalar_type() == at::kLong ? classification() : regression();
}

std::vector<std::int64_t> TensorDataset::sample_shape() const {
    return inputs_.sizes().slice(1).vec();
}

std::span<const std::int64_t> TensorDataset::labels() const {
    if (goal() == regression()) {
        return {};
    }
    return {targets_.data_ptr<std::int64_t>(), static_cast<std::size_t>(size())};
}

Batch TensorDataset::batch(std::span<const std::int64_t> indices) const {
    const at::Tensor rows = at::tensor(at::ArrayRef(indices.data(), indices.size()), at::kLong);
    return {inputs_.index_select(0, rows), targets_.index_select(0, rows)};
}

std::vector<std::int64_t> first_samples(std::int64_t count) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
}

DatasetPair random_classification(std::int64_t samples,
                                  std::vector<std::int64_t> sample_shape,
                                  std::int64_t num_classes,
                                  std::uint64_t seed) {
    RandomStream stream(seed);
    sample_shape.insert(sample_shape.begin(), samples);
    at::Tensor inputs = random_normal(sample_shape, stream);
    at::Tensor targets = random_indices({samples}, num_classes, stream);
    return for_both_uses(std::make_shared<TensorDataset>(inputs, targets, num_classes));
}

DatasetPair random_sequences(std::int64_t samples,
                             std::int64_t length,
                             std::int64_t vocabulary,
                             std::uint64_t seed) {
    RandomStream stream(seed);
    at::Tensor inputs = random_indices({samples, length}, vocabulary, stream);
    at::Tensor targets = random_indices({samples}, vocabulary, stream);
    return for_both_uses(std::make_shared<TensorDataset>(
        inputs, targets, vocabulary, std::vector<std::int64_t>{vocabulary}));
}

DatasetPair random_ratings(std::int64_t samples,
                           std::int64_t users,
                           std::int64_t items,
                           std::uint64_t seed) {
    RandomStream stream(seed);
    at::Tensor inputs = at::stack(
        {random_indices({samples}, users, stream), random_indices({samples}, items, stream)}, 1);
    at::Tensor targets = random_normal({samples}, stream);
    return for_both_uses(std::make_shared<TensorDataset>(
        inputs, targets, 1, std::vector<std::int64_t>{users, items}));
}

DatasetPair random_regression(std::int64_t samples, std::int64_t features, std::uint64_t seed) {
    RandomStream stream(seed);
    at::Tensor inputs = random_normal({samples, features}, stream);
    at::Tensor targets = random_normal({samples}, stream);
    return for_both_uses(std::make_shared<TensorDataset>(inputs, targets, 1));
}

}  // namespace murmur::test
