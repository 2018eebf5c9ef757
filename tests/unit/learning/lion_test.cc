#include "learning/optimizer.h"
#include "tests/support/doctest.h"
#include "tests/support/oracle.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kSize = 12;
constexpr int kSteps = 40;
const ParameterLayout kLayout{{"x", {12}}};

struct Settings {
    double lr;
    double beta1;
    double beta2;
    double weight_decay = 0;
};

/// The steps that tests/oracles/lion.py takes.
std::vector<float> ours(const Settings& settings) {
    const auto optimizer =
        make_optimizer({.optimizer = fmt::format("lion:beta1={},beta2={},weight-decay={}",
                                                 settings.beta1,
                                                 settings.beta2,
                                                 settings.weight_decay)});
    const auto state = optimizer->initial_state(kLayout);
    std::vector<float> x;
    for (std::size_t i = 0; i < kSize; ++i) {
        x.push_back(1 + static_cast<float>(i) / 8);
    }
    for (std::size_t t = 0; t < kSteps; ++t) {
        std::vector<float> g;
        for (std::size_t i = 0; i < kSize; ++i) {
            g.push_back((static_cast<float>((7 * i + 13 * t) % 17) - 8) / 16);
        }
        const std::vector<TrainedTensor> tensors{
            {.block = 0, .offset = 0, .values = x, .gradient = g}};
        optimizer->step(tensors, *state, {.step = t, .lr = settings.lr});
    }
    return x;
}

TEST_CASE("oracle: forty steps of lion are NumPy's") {
    for (const Settings& settings :
         {Settings{.lr = 1.0 / 64, .beta1 = 0.9, .beta2 = 0.99},
          {.lr = 0.01, .beta1 = 0.95, .beta2 = 0.98, .weight_decay = 0.1},
          {.lr = 0.02, .beta1 = 0.5, .beta2 = 0, .weight_decay = 1}}) {
        const auto expected = test::run_oracle("lion.py",
                                               fmt::format("{} {} {} {} {}",
                                                           kSteps,
                                                           settings.lr,
                                                           settings.beta1,
                                                           settings.beta2,
                                                           settings.weight_decay));
        REQUIRE(expected->size() == kSize);
        const std::vector<float> x = ours(settings);
        for (std::size_t i = 0; i < kSize; ++i) {
            CHECK(x[i] == doctest::Approx(expected->at(i).at(0)).epsilon(1e-6));
        }
    }
}

TEST_CASE("lion: a state is one vector, which may not be missing") {
    const auto optimizer = make_optimizer({.optimizer = "lion"});
    CHECK(optimizer->state_vectors() == 1);
    ByteSink sink;
    optimizer->initial_state(kLayout)->write(sink);
    CHECK(sink.written().size() == 8 + 4 * kSize);
    ByteSink empty;
    empty.u64(0);
    ByteSource source(empty.written());
    CHECK_THROWS_WITH_AS(
        (void)optimizer->read_state(source, kLayout),
        "a written value is damaged: an optimizer's state has 0 values, allowed 12",
        std::invalid_argument);
}

}  // namespace
}  // namespace murmur
