#include "learning/optimizer.h"

#include "tests/support/doctest.h"

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// Two tensors of a flat vector of 37 values, of which one between them is not trained.
const ParameterLayout kLayout{{"a", {20}}, {"frozen", {1}, false, false}, {"b", {4, 4}}};
constexpr std::size_t kSize = 37;
constexpr std::size_t kFrozen = 20;

/// Steps on f(x) = sum (x_i - i)^2 / 2 from x = 1/2.
class Descent {
  public:
    explicit Descent(const TrainingOptions& options)
        : optimizer_(make_optimizer(options)), lr_(options.lr) {
        state_ = optimizer_->initial_state(kLayout);
    }

    void step() {
        std::vector<float> gradient;
        for (std::size_t i = 0; i < kSize; ++i) {
            gradient.push_back(x_[i] - static_cast<float>(i));
        }
        const std::span<float> x(x_);
        const std::span<float> g(gradient);
        const std::vector<TrainedTensor> tensors{
            {.block = 0, .offset = 0, .values = x.first(20), .gradient = g.first(20)},
            {.block = 2, .offset = 21, .values = x.subspan(21), .gradient = g.subspan(21)}};
        optimizer_->step(tensors, *state_, {.step = steps_++, .lr = lr_, .round_start = start_});
    }
    /// Writes the state and goes on with what is read of it.
    void pass_on() {
        ByteSink sink;
        state_->write(sink);
        ByteSource source(sink.written());
        state_ = optimizer_->read_state(source, kLayout);
        source.expect_end();
    }
    [[nodiscard]] const std::vector<float>& x() const { return x_; }

  private:
    std::unique_ptr<const LocalOptimizer> optimizer_;
    std::unique_ptr<OptimizerState> state_;
    std::vector<float> start_ = std::vector<float>(kSize, 0.5F);
    std::vector<float> x_ = start_;
    double lr_;
    std::uint64_t steps_ = 0;
};

/// Runs both recursions for 30 steps; returns the largest difference.
double difference_from_double_recursion(const TrainingOptions& options) {
    Descent descent(options);
    std::vector<double> y(kSize, 0.5);
    std::vector<double> m(kSize, 0.0);
    for (int step = 0; step < 30; ++step) {
        for (std::size_t i = 0; i < kSize; ++i) {
            const double g = (y[i] - static_cast<double>(i)) + options.weight_decay.value_or(0) * y[i];
            m[i] = options.momentum * m[i] + g;
            y[i] -= options.lr * (options.nesterov ? g + options.momentum * m[i] : m[i]);
        }
        descent.step();
    }
    y[kFrozen] = 0.5;
    double largest = 0.0;
    for (std::size_t i = 0; i < kSize; ++i) {
        largest = std::max(largest, std::abs(descent.x()[i] - y[i]) / (1.0 + std::abs(y[i])));
    }
    return largest;
}

// Expectation: float32 keeps 24 bits, and 30 steps lose a few of them.
TEST_CASE("sgd: follows the recursion of torch.optim.SGD, computed in double") {
    constexpr double kRoundOff = 2e-6;
    CHECK(difference_from_double_recursion({.lr = 0.1}) < kRoundOff);
    CHECK(difference_from_double_recursion({.lr = 0.1, .weight_decay = 0.01}) < kRoundOff);
    CHECK(difference_from_double_recursion({.lr = 0.1, .momentum = 0.9}) < kRoundOff);
    CHECK(difference_from_double_recursion(
              {.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}) < kRoundOff);
}

std::vector<float> after_ten_steps(const TrainingOptions& options, bool apart = false) {
    Descent descent(options);
    for (int step = 0; step < 10; ++step) {
        descent.step();
        if (apart) {
            descent.pass_on();
        }
    }
    return descent.x();
}

TEST_CASE("optimizer: an option may be said in the spec or beside it, and means the same") {
    const auto beside =
        after_ten_steps({.lr = 0.05, .momentum = 0.9, .weight_decay = 0.003, .nesterov = true});
    for (const char* spec : {"sgd:momentum=0.9,weight-decay=0.003,nesterov=true",
                             "sgd:nesterov=true,momentum=0.90,weight-decay=3e-3"}) {
        CHECK(after_ten_steps({.optimizer = spec, .lr = 0.05}) == beside);
    }
    CHECK(after_ten_steps({.optimizer = "sgd:weight-decay=0.003,nesterov=true",
                           .lr = 0.05,
                           .momentum = 0.9,
                           .weight_decay = 0.003}) == beside);
}

TEST_CASE("optimizer: what is said twice, or of which an optimizer knows nothing, is refused") {
    const auto refusal = [](const TrainingOptions& options) {
        std::string message = "accepted";
        try {
            (void)make_optimizer(options);
        } catch (const std::invalid_argument& error) {
            message = error.what();
        }
        return message;
    };
    CHECK(refusal({.optimizer = "sgd:momentum=0.9", .momentum = 0.5}) ==
          "optimizer sgd: momentum is said twice, got 0.9 in --optimizer=sgd:momentum=0.9 and "
          "--momentum=0.5, allowed one of them");
    CHECK(refusal({.optimizer = "sgd:momentum=0.9,nesterov=false", .nesterov = true}) ==
          "optimizer sgd: nesterov is said twice, got false in "
          "--optimizer=sgd:momentum=0.9,nesterov=false and --nesterov=true, allowed one of them");
    CHECK(refusal({.optimizer = "sdg"}).starts_with("optimizer: unknown, got 'sdg', allowed sgd"));
    CHECK(refusal({.optimizer = "sgd:momentum=1"}) ==
          "optimizer sgd: momentum: got 1, allowed 0 and above, below 1");
    CHECK(refusal({.nesterov = true}) ==
          "optimizer sgd: momentum: got 0, allowed above 0 where nesterov is on");
    CHECK(refusal({.optimizer = "adam", .momentum = 0.9}) ==
          "optimizer adam: has no momentum, got --momentum=0.9");
    CHECK(refusal({.optimizer = "adam", .weight_decay = 0.1}) == "accepted");
    CHECK(refusal({.optimizer = "rmsprop:momentum=1"}) ==
          "optimizer rmsprop: momentum: got 1, allowed 0 and above, below 1");
    CHECK(refusal({.optimizer = "rmsprob"}).ends_with("did you mean rmsprop?"));
    CHECK(refusal({.optimizer = "lion", .momentum = 0.9}) ==
          "optimizer lion: has no momentum, got --momentum=0.9");
    CHECK(refusal({.optimizer = "adamw:beta2=1"}) ==
          "optimizer adamw: beta2: got 1, allowed 0 and above, below 1");
}

TEST_CASE("optimizer: a state may be elsewhere between any two steps") {
    for (const TrainingOptions& options :
         {TrainingOptions{.lr = 0.1},
          TrainingOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true},
          TrainingOptions{.optimizer = "adam", .lr = 0.2},
          TrainingOptions{.optimizer = "adamw:weight-decay=0.1", .lr = 0.2},
          TrainingOptions{.optimizer = "rmsprop", .lr = 0.2},
          TrainingOptions{.optimizer = "rmsprop:centered=true,momentum=0.5", .lr = 0.2},
          TrainingOptions{.optimizer = "lion", .lr = 0.2},
          TrainingOptions{.optimizer = "fedprox:momentum=0.5", .lr = 0.2},
          TrainingOptions{.lr = 0.1,
          .schedule = "cosine:warmup=3,period=9,unit=steps",
          .clip = 2,
          .momentum = 0.9}}) {
        CHECK(after_ten_steps(options, true) == after_ten_steps(options));
    }
}

TEST_CASE("optimizer: a training state is read as it was, and damaged ones are refused") {
    const auto optimizer = make_optimizer({.momentum = 0.5});
    TrainingState state{.steps = 17};
    const auto written = [&state] {
        ByteSink sink;
        write_value(state, sink);
        return std::vector<std::uint8_t>(sink.written().begin(), sink.written().end());
    };
    const auto read = [&optimizer](std::span<const std::uint8_t> bytes) {
        ByteSource source(bytes);
        TrainingState state = read_training_state(source, *optimizer, kLayout);
        source.expect_end();
        return state;
    };
    CHECK(read(written()).optimizer == nullptr);
    CHECK(read(written()).steps == 17);
    state.optimizer = optimizer->initial_state(kLayout);
    const std::vector<std::uint8_t> bytes = written();
    CHECK(bytes.size() == 8 + 1 + 8 + 4 * kSize);
    state = read(bytes);
    CHECK(written() == bytes);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CHECK_THROWS_AS((void)read(std::span(bytes).first(length)), std::invalid_argument);
    }
    state.optimizer = optimizer->initial_state({{"a", {3}}});
    CHECK_THROWS_WITH_AS(
        (void)read(written()),
        "a written value is damaged: an optimizer's state has 3 values, allowed 37",
        std::invalid_argument);
}

TEST_CASE(
    "adam: a state is two vectors and a count for each tensor, none of which may be missing") {
    const auto optimizer = make_optimizer({.optimizer = "adam"});
    CHECK(optimizer->state_vectors() == 2);
    ByteSink sink;
    optimizer->initial_state(kLayout)->write(sink);
    const std::vector<std::uint8_t> bytes(sink.written().begin(), sink.written().end());
    CHECK(bytes.size() == 8 * kLayout.size() + 2 * (8 + 4 * kSize));
    const auto read = [&optimizer](std::span<const std::uint8_t> written) {
        ByteSource source(written);
        return optimizer->read_state(source, kLayout);
    };
    CHECK(read(bytes) != nullptr);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CHECK_THROWS_AS((void)read(std::span(bytes).first(length)), std::invalid_argument);
    }
    ByteSink empty;
    for (std::size_t i = 0; i < kLayout.size() + 2; ++i) {
        empty.u64(0);
    }
    CHECK_THROWS_WITH_AS(
        (void)read(empty.written()),
        "a written value is damaged: an optimizer's state has 0 values, allowed 37",
        std::invalid_argument);
}

TEST_CASE("optimizer: each step of a node has a stream of its own") {
    const StepContext first{.step = 1, .seed = 5};
    CHECK(first.stream()() == StepContext{.step = 1, .seed = 5}.stream()());
    CHECK(first.stream()() != StepContext{.step = 2, .seed = 5}.stream()());
    CHECK(first.stream()() != StepContext{.step = 1, .seed = 6}.stream()());
}

}  // namespace
}  // namespace murmur
