#include "learning/index_dataset.h"

#include "learning/random_stream.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

namespace murmur {
namespace {

class IndexDataset final : public Dataset {
  public:
    explicit IndexDataset(IndexData data) : data_(std::move(data)) {
        assert(static_cast<std::int64_t>(data_.inputs.size()) == size() * data_.length);
    }

    std::int64_t size() const override {
        return std::ssize(data_.labels) + std::ssize(data_.targets);
    }
    const Goal& goal() const override {
        return data_.targets.empty() ? classification() : regression();
    }
    std::vector<std::int64_t> sample_shape() const override { return {data_.length}; }
    std::int64_t num_classes() const override { return data_.num_classes; }
    std::vector<std::int64_t> input_ranges() const override { return data_.input_ranges; }
    std::span<const std::int64_t> user_offsets() const override { return data_.user_offsets; }
    std::span<const std::int64_t> labels() const override { return data_.labels; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        const auto count = static_cast<std::int64_t>(indices.size());
        Batch result{at::empty({count, data_.length}, at::kLong), {}};
        std::int64_t* inputs = result.inputs.data_ptr<std::int64_t>();
        for (const std::int64_t index : indices) {
            assert(index >= 0 && index < size());
            inputs = std::copy_n(data_.inputs.begin() + index * data_.length, data_.length, inputs);
        }
        result.targets = data_.targets.empty() ? gather(data_.labels, at::kLong, indices)
                                               : gather(data_.targets, at::kFloat, indices);
        return result;
    }

  private:
    template <class Value>
    static at::Tensor gather(const std::vector<Value>& values,
                             at::ScalarType type,
                             std::span<const std::int64_t> indices) {
        at::Tensor gathered = at::empty({std::ssize(indices)}, type);
        std::ranges::transform(
            indices, gathered.data_ptr<Value>(), [&](std::int64_t index) { return values[index]; });
        return gathered;
    }

    IndexData data_;
};

/// Returns which sample comes at each place.
std::vector<std::int64_t> shuffled_order(std::int64_t size, std::uint64_t seed) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    RandomStream(seed).shuffle(std::span(order));
    return order;
}

/// Some samples of a dataset, in another order.
class SubsetDataset final : public Dataset {
  public:
    SubsetDataset(std::shared_ptr<const Dataset> data, std::vector<std::int64_t> order)
        : data_(std::move(data)), order_(std::move(order)) {
        for (const std::int64_t index :
             data_->labels().empty() ? std::vector<std::int64_t>{} : order_) {
            labels_.push_back(data_->labels()[index]);
        }
    }

    std::int64_t size() const override { return std::ssize(order_); }
    const Goal& goal() const override { return data_->goal(); }
    std::vector<std::int64_t> sample_shape() const override { return data_->sample_shape(); }
    std::int64_t num_classes() const override { return data_->num_classes(); }
    std::vector<std::int64_t> input_ranges() const override { return data_->input_ranges(); }
    std::span<const std::int64_t> labels() const override { return labels_; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        std::vector<std::int64_t> original(indices.size());
        std::ranges::transform(
            indices, original.begin(), [&](std::int64_t index) { return order_[index]; });
        return data_->batch(original);
    }

  private:
    std::shared_ptr<const Dataset> data_;
    std::vector<std::int64_t> order_;
    std::vector<std::int64_t> labels_;
};

}  // namespace

std::shared_ptr<const Dataset> make_index_dataset(IndexData data) {
    return std::make_shared<IndexDataset>(std::move(data));
}

std::shared_ptr<const Dataset> subset_dataset(std::shared_ptr<const Dataset> data,
                                              std::vector<std::int64_t> indices) {
    return std::make_shared<SubsetDataset>(std::move(data), std::move(indices));
}

DatasetPair split_dataset(std::shared_ptr<const Dataset> data, double share, std::uint64_t seed) {
    const std::int64_t size = data->size();
    const auto count =
        std::clamp<std::int64_t>(std::llround(share * static_cast<double>(size)), 1, size - 1);
    std::vector<std::int64_t> test = shuffled_order(size, stream_seed(seed, "test share"));
    test.resize(static_cast<std::size_t>(count));
    std::ranges::sort(test);
    std::vector<std::int64_t> all(static_cast<std::size_t>(size));
    std::iota(all.begin(), all.end(), 0);
    std::vector<std::int64_t> train;
    std::ranges::set_difference(all, test, std::back_inserter(train));
    return {subset_dataset(data, std::move(train)), subset_dataset(data, std::move(test))};
}

std::shared_ptr<const Dataset> shuffled_dataset(std::shared_ptr<const Dataset> data,
                                                std::uint64_t seed) {
    std::vector<std::int64_t> order = shuffled_order(data->size(), seed);
    return subset_dataset(std::move(data), std::move(order));
}

std::vector<std::int64_t> places_when_shuffled(std::int64_t size, std::uint64_t seed) {
    const std::vector<std::int64_t> order = shuffled_order(size, seed);
    std::vector<std::int64_t> places(order.size());
    for (std::size_t place = 0; place < order.size(); ++place) {
        places[static_cast<std::size_t>(order[place])] = static_cast<std::int64_t>(place);
    }
    return places;
}

}  // namespace murmur
