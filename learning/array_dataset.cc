#include "learning/array_dataset.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace murmur {
namespace {

class ArrayDataset final : public Dataset {
  public:
    explicit ArrayDataset(ArrayData data) : data_(std::move(data)) {
        for (const std::int64_t size : data_.shape) {
            values_per_sample_ *= size;
        }
        assert(std::ssize(data_.values) == size() * values_per_sample_);
    }

    std::int64_t size() const override {
        return std::ssize(data_.labels) + std::ssize(data_.targets);
    }
    const Goal& goal() const override {
        return data_.targets.empty() ? classification() : regression();
    }
    std::vector<std::int64_t> sample_shape() const override { return data_.shape; }
    std::int64_t num_classes() const override { return data_.num_classes; }
    std::span<const std::int64_t> labels() const override { return data_.labels; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        std::vector<std::int64_t> shape = data_.shape;
        shape.insert(shape.begin(), std::ssize(indices));
        const bool has_classes = data_.targets.empty();
        Batch result{at::empty(shape, at::kFloat),
                     at::empty({std::ssize(indices)}, has_classes ? at::kLong : at::kFloat)};
        float* inputs = result.inputs.data_ptr<float>();
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const std::int64_t index = indices[i];
            assert(index >= 0 && index < size());
            inputs = std::copy_n(
                data_.values.begin() + index * values_per_sample_, values_per_sample_, inputs);
            if (has_classes) {
                result.targets.data_ptr<std::int64_t>()[i] = data_.labels[index];
            } else {
                result.targets.data_ptr<float>()[i] = data_.targets[index];
            }
        }
        return result;
    }

  private:
    ArrayData data_;
    std::int64_t values_per_sample_ = 1;
};

}  // namespace

std::shared_ptr<const Dataset> make_array_dataset(ArrayData data) {
    return std::make_shared<ArrayDataset>(std::move(data));
}

}  // namespace murmur
