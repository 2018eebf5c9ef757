#include "learning/image_dataset.h"

#include <ATen/ops/empty.h>

#include <cassert>
#include <utility>

namespace murmur {
namespace {

/// One rounding per pixel, so that the result is the same with and without fused multiply-add;
/// the loop is free of branches and tables, so that compilers vectorize it.
void scale_pixels(const std::uint8_t* pixels, std::int64_t count, PixelScale scale, float* scaled) {
    const int factor = scale == PixelScale::kSymmetric ? 2 : 1;
    const int shift = scale == PixelScale::kSymmetric ? 255 : 0;
    for (std::int64_t i = 0; i < count; ++i) {
        scaled[i] = static_cast<float>(factor * pixels[i] - shift) * (1.0f / 255.0f);
    }
}

class ImageDataset final : public Dataset {
  public:
    explicit ImageDataset(ImageData data)
        : data_(std::move(data)),
          pixels_per_image_(data_.shape[0] * data_.shape[1] * data_.shape[2]) {
        assert(data_.pixels.size() == data_.labels.size() * pixels_per_image_);
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(data_.labels.size()); }
    const Goal& goal() const override { return classification(); }
    std::vector<std::int64_t> sample_shape() const override {
        return {data_.shape.begin(), data_.shape.end()};
    }
    std::int64_t num_classes() const override { return data_.num_classes; }
    std::span<const std::int64_t> labels() const override { return data_.labels; }

    std::span<const std::int64_t> user_offsets() const override { return data_.user_offsets; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        const auto count = static_cast<std::int64_t>(indices.size());
        Batch result{at::empty({count, data_.shape[0], data_.shape[1], data_.shape[2]}, at::kFloat),
                     at::empty({count}, at::kLong)};
        float* inputs = result.inputs.data_ptr<float>();
        std::int64_t* targets = result.targets.data_ptr<std::int64_t>();
        for (const std::int64_t index : indices) {
            assert(index >= 0 && index < size());
            scale_pixels(data_.pixels.data() + index * pixels_per_image_,
                         pixels_per_image_,
                         data_.scale,
                         inputs);
            inputs += pixels_per_image_;
            *targets++ = data_.labels[index];
        }
        return result;
    }

  private:
    ImageData data_;
    std::int64_t pixels_per_image_;
};

bool may_be_channels(std::int64_t size) {
    return size == 1 || size == 3 || size == 4;
}

}  // namespace

void move_channels_first(ImageData& images) {
    const auto [height, width, channels] = images.shape;
    if (may_be_channels(height) || !may_be_channels(channels)) {
        return;
    }
    const auto area = static_cast<std::size_t>(height * width);
    const auto depth = static_cast<std::size_t>(channels);
    std::vector<std::uint8_t> planes(images.pixels.size());
    for (std::size_t i = 0; i < planes.size(); ++i) {
        const std::size_t within = i % (area * depth);
        planes[i - within + within % depth * area + within / depth] = images.pixels[i];
    }
    images.pixels = std::move(planes);
    images.shape = {channels, height, width};
}

std::shared_ptr<const Dataset> make_image_dataset(ImageData data) {
    return std::make_shared<ImageDataset>(std::move(data));
}

}  // namespace murmur
