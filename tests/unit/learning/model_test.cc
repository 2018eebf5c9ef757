#include "learning/models/model.h"

#include "learning/cpu_learner.h"
#include "learning/models/flop_count.h"
#include "tests/support/doctest.h"
#include "tests/support/tensor_dataset.h"

#include <ATen/ATen.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

/// A model, data that it is made for, and its published size.
struct Case {
    std::string model;
    DatasetPair data;
    std::int64_t parameters;
    std::int64_t buffers = 0;
};

std::vector<Case> cases() {
    const auto images = [](std::int64_t channels, std::int64_t side, std::int64_t classes) {
        return test::random_classification(2, {channels, side, side}, classes, 1);
    };
    return {
        {"gn-lenet", images(3, 32, 10), 89'834},
        {"cifar-cnn", images(3, 32, 10), 62'006},
        {"resnet-8", images(3, 32, 10), 4'911'754, 5'376},
        {"softmax", images(1, 28, 62), 48'670},
        {"femnist-cnn", images(1, 28, 62), 1'690'046},
        {"resnet-18", images(1, 28, 62), 2'811'678, 4'800},
        {"celeba-cnn", images(3, 84, 2), 30'242},
        {"stacked-lstm", test::random_sequences(2, 80, 92, 1), 2'683'708},
        {"reddit-rnn", test::random_sequences(2, 10, 9'999, 1), 4'317'895},
        {"matrix-factorization", test::random_ratings(2, 943, 1'682, 1), (943 + 1'682) * 20},
    };
}

// The counts of the published networks; running averages, where there are any, are sent as well.
TEST_CASE("models have the published numbers of parameters") {
    for (const Case& c : cases()) {
        CAPTURE(c.model);
        const auto model = make_model(c.model, *c.data.train);
        std::int64_t buffers = 0;
        for (const ParameterTensor& tensor : model->parameter_tensors()) {
            buffers += tensor.is_buffer ? tensor.size() : 0;
        }
        CHECK(buffers == c.buffers);
        CHECK(model->num_parameters() - buffers == c.parameters);
    }
}

// Expectation: what LibTorch records of its own operators during a pass, against our closed forms.
TEST_CASE("the operations of a model are those that LibTorch carries out") {
    for (const Case& c : cases()) {
        CAPTURE(c.model);
        const auto model = make_model(c.model, *c.data.train);
        std::vector<at::Tensor> parameters;
        for (const ParameterTensor& tensor : model->parameter_tensors()) {
            parameters.push_back(at::ones(tensor.shape));
        }
        const std::vector<std::int64_t> both{0, 1};
        const at::Tensor inputs = c.data.train->batch(both).inputs;
        at::Tensor outputs;
        const double counted =
            count_flops([&] { outputs = model->forward(parameters, inputs, {}); }) / 2;
        CHECK(outputs.sizes().vec() == std::vector<std::int64_t>{2, c.data.train->num_classes()});
        if (c.model == "matrix-factorization") {  // a dot product, which is no matrix product
            CHECK(model->forward_flops() == 40);
        } else {
            CHECK(model->forward_flops() == counted);
        }
    }
}

TEST_CASE("a transposed convolution costs by its inputs") {
    // Each of 4 x 4 pixels with 2 channels goes to 3 channels at 9 places.
    const double counted = count_flops([] {
        (void)at::conv_transpose2d(at::ones({1, 2, 4, 4}), at::ones({2, 3, 3, 3}));
    });
    CHECK(counted == 2 * 16 * 2 * 3 * 9);
}

TEST_CASE("start values follow the laws of the sources") {
    const auto values = [](const std::string& model, const DatasetPair& data) {
        const Parameters start = CpuLearner(model, data, {}).initial_parameters(3);
        return std::vector<float>(start->values().begin(), start->values().end());
    };
    const auto deviation = [](std::span<const float> part) {
        double squares = 0;
        for (const float value : part) {
            squares += static_cast<double>(value) * value;
        }
        return std::sqrt(squares / static_cast<double>(part.size()));
    };
    const auto reddit = values("reddit-rnn", test::random_sequences(2, 10, 300, 1));
    const std::span<const float> words = std::span(reddit).first(300 * 200);
    CHECK(deviation(words.first(200)) == 0);  // padding
    CHECK(deviation(words.subspan(200)) == doctest::Approx(1).epsilon(0.02));
    const auto lstm = std::span(reddit).subspan(300 * 200, 4 * 256 * 200);
    CHECK(deviation(lstm) == doctest::Approx(1 / 16.0 / std::sqrt(3.0)).epsilon(0.02));
    const auto ratings = values("matrix-factorization", test::random_ratings(2, 100, 100, 1));
    CHECK(deviation(ratings) == doctest::Approx(0.05 / std::sqrt(3.0)).epsilon(0.05));
    const auto resnet = values("resnet-18", test::random_classification(2, {1, 28, 28}, 62, 1));
    CHECK(deviation(std::span(resnet).first(32 * 49)) ==
          doctest::Approx(std::sqrt(2.0 / (32 * 49))).epsilon(0.1));
    CHECK(resnet[32 * 49] == 1);           // scale
    CHECK(resnet[32 * 49 + 32] == 0);      // shift
    CHECK(resnet[32 * 49 + 2 * 32] == 0);  // running mean
    CHECK(resnet[32 * 49 + 3 * 32] == 1);  // running variance
}

void check_refused(const std::string& model, const DatasetPair& data, const char* message) {
    CHECK_THROWS_WITH_AS(CpuLearner(model, data, {}), message, std::invalid_argument);
}

TEST_CASE("models and data that do not fit are refused") {
    const DatasetPair text = test::random_sequences(2, 10, 20, 1);
    const DatasetPair ratings = test::random_ratings(2, 3, 3, 1);
    const DatasetPair images = test::random_classification(2, {3, 32, 32}, 10, 1);
    const DatasetPair points = test::random_regression(2, 4, 1);
    const char* const indices =
        ": needs numbers as inputs, got indices, such as the characters of a text or the users "
        "and items of ratings";
    for (const std::string model : {"softmax", "mlp:8", "gn-lenet", "cifar-cnn", "resnet-8"}) {
        check_refused(model, text, ("model " + model.substr(0, model.find(':')) + indices).c_str());
    }
    check_refused("linear", ratings, (std::string("model linear") + indices).c_str());
    check_refused(
        "femnist-cnn", images, "model femnist-cnn: needs samples of shape 1x28x28, got 3x32x32");
    check_refused(
        "resnet-18", images, "model resnet-18: needs samples of shape 1x28x28, got 3x32x32");
    check_refused("cifar-cnn:3", images, "model cifar-cnn: takes no argument, got '3'");
    check_refused("stacked-lstm",
                  images,
                  "model stacked-lstm: needs sequences of tokens, such as text, got numbers of "
                  "shape 3x32x32");
    check_refused("reddit-rnn",
                  ratings,
                  "model reddit-rnn: needs data for classification, got data for regression");
    check_refused("matrix-factorization",
                  points,
                  "model matrix-factorization: needs ratings of items by users, such as "
                  "MovieLens, got other data");
    check_refused("matrix-factorization",
                  text,
                  "model matrix-factorization: needs data for regression, got data for "
                  "classification");
}

}  // namespace
}  // namespace murmur
