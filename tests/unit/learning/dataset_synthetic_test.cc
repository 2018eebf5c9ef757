#include "learning/synthetic_images.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace murmur {
namespace {

std::vector<float> pixels_of(const Dataset& dataset, std::int64_t index) {
    const Batch batch = dataset.batch(std::span(&index, 1));
    const float* pixels = batch.inputs.data_ptr<float>();
    return {pixels, pixels + batch.inputs.numel()};
}

TEST_CASE("the generated set has the promised form") {
    const DatasetPair data = make_synthetic_images({}, 1);
    CHECK(data.train->size() == 10000);
    CHECK(data.test->size() == 2000);
    CHECK(data.train->goal() == classification());
    CHECK(data.train->num_classes() == 10);
    CHECK(data.train->sample_shape() == std::vector<std::int64_t>{3, 32, 32});
    for (const Dataset* part : {data.train.get(), data.test.get()}) {
        for (std::int64_t label = 0; label < 10; ++label) {
            CHECK(std::count(part->labels().begin(), part->labels().end(), label) ==
                  part->size() / 10);
        }
    }
}

TEST_CASE("the generated set is a function of the seed") {
    const SyntheticImageOptions options{.train = 20, .test = 20};
    const DatasetPair data = make_synthetic_images(options, 1);
    const DatasetPair same = make_synthetic_images(options, 1);
    const DatasetPair other = make_synthetic_images(options, 2);
    for (std::int64_t i = 0; i < 20; ++i) {
        CHECK(pixels_of(*data.train, i) == pixels_of(*same.train, i));
        CHECK(pixels_of(*data.train, i) != pixels_of(*other.train, i));
        CHECK(pixels_of(*data.train, i) != pixels_of(*data.test, i));
    }
}

TEST_CASE("a smaller set begins a larger one") {
    const DatasetPair small = make_synthetic_images({.train = 5, .test = 1}, 1);
    const DatasetPair large = make_synthetic_images({.train = 9, .test = 3}, 1);
    for (std::int64_t i = 0; i < 5; ++i) {
        CHECK(pixels_of(*small.train, i) == pixels_of(*large.train, i));
    }
}

TEST_CASE("pixels use the range of a byte and seldom stick to its ends") {
    const DatasetPair data = make_synthetic_images({.train = 200, .test = 1}, 3);
    double sum = 0;
    double clipped = 0;
    double count = 0;
    for (std::int64_t i = 0; i < data.train->size(); ++i) {
        for (const float value : pixels_of(*data.train, i)) {
            sum += value;
            clipped += std::abs(value) == 1 ? 1 : 0;
            count += 1;
        }
    }
    CHECK(std::abs(sum / count) < 0.1);
    CHECK(clipped / count < 0.2);
}

TEST_CASE("other sizes and numbers of classes work") {
    for (const std::int64_t size : {8, 13, 64}) {
        const DatasetPair data =
            make_synthetic_images({.train = 7, .test = 2, .classes = 3, .size = size}, 1);
        CHECK(data.train->num_classes() == 3);
        CHECK(data.train->sample_shape() == std::vector<std::int64_t>{3, size, size});
        CHECK(data.train->labels()[5] == 2);
    }
}

}  // namespace
}  // namespace murmur
