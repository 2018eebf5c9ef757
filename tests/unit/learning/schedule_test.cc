#include "learning/schedule.h"

#include "learning/cpu_learner.h"
#include "tests/support/doctest.h"
#include "tests/support/oracle.h"
#include "tests/support/skip.h"
#include "tests/support/tensor_dataset.h"

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace murmur {
namespace {

LearningRate rate_of(const std::string& schedule, std::uint64_t rounds = 60) {
    return LearningRate({.local_steps = 5, .lr = 2, .schedule = schedule, .run_rounds = rounds});
}

double share(const std::string& schedule, std::uint64_t round) {
    return rate_of(schedule).share(round, 0);
}

std::string refusal(const TrainingOptions& options) {
    try {
        (void)LearningRate(options);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("schedule: each is its closed form") {
    using std::numbers::pi;
    CHECK(rate_of("constant").is_constant());
    CHECK(rate_of("constant").rate(17, 99) == 2);
    for (const std::uint64_t t : {0, 1, 9, 10, 11, 29, 30, 59, 60, 1000}) {
        CAPTURE(t);
        const auto x = static_cast<double>(t);
        CHECK(share("step:period=10,gamma=0.5", t) == std::pow(0.5, std::floor(x / 10)));
        CHECK(share("step:period=10,gamma=0.5,final=0.2", t) ==
              std::max(0.2, std::pow(0.5, std::floor(x / 10))));
        CHECK(share("step:at=10/30", t) == doctest::Approx(t < 10   ? 1
                                                           : t < 30 ? 0.1
                                                                    : 0.01)
                                               .epsilon(1e-15));
        CHECK(share("hyperbolic:period=10", t) == doctest::Approx(10 / (10 + x)).epsilon(1e-15));
        CHECK(share("hyperbolic:period=10,final=0.3", t) ==
              doctest::Approx(std::max(0.3, 10 / (10 + x))).epsilon(1e-15));
        const double cosine = t >= 60 ? 0 : (1 + std::cos(pi * x / 60)) / 2;
        CHECK(share("cosine", t) == doctest::Approx(cosine).epsilon(1e-15));
        CHECK(share("cosine:final=0.1", t) == doctest::Approx(0.1 + 0.9 * cosine).epsilon(1e-15));
        CHECK(share("cosine:period=30", t) ==
              doctest::Approx(t >= 30 ? 0 : (1 + std::cos(pi * x / 30)) / 2).epsilon(1e-15));
    }
}

TEST_CASE("schedule: each may warm up, on a line that ends at the whole rate") {
    for (const char* schedule :
         {"constant:", "step:period=1000,", "cosine:period=1000,", "hyperbolic:period=1000,"}) {
        CAPTURE(schedule);
        for (const std::uint64_t t : {0, 1, 2, 3}) {
            const auto x = static_cast<double>(t);
            CHECK(share(schedule + std::string("warmup=4"), t) ==
                  doctest::Approx((x + 1) / 5).epsilon(1e-15));
            CHECK(share(schedule + std::string("warmup=4,warmup-from=0"), t) == x / 4);
        }
        CHECK(share(schedule + std::string("warmup=4"), 4) == 1);
    }
    // As OpenDiloco's get_cosine_schedule_with_warmup: the period has the warm-up in it.
    CHECK(share("cosine:warmup=10,period=30", 20) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(share("hyperbolic:warmup=10,period=30", 40) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(share("step:warmup=5,period=10", 10) == doctest::Approx(0.1).epsilon(1e-15));
}

TEST_CASE("schedule: positions are rounds, or a node's own steps") {
    CHECK(rate_of("step:period=2").share(1, 100) == 1);
    CHECK(rate_of("step:period=2,unit=steps").share(100, 1) == 1);
    CHECK(rate_of("step:period=2,unit=steps").share(0, 2) == 0.1);
    // 60 rounds of 5 steps.
    CHECK(rate_of("cosine:unit=steps").share(0, 150) == doctest::Approx(0.5).epsilon(1e-14));
    CHECK(rate_of("cosine:unit=steps").share(0, 300) == 0);
}

TEST_CASE("schedule: what is wrong is refused in one line") {
    CHECK(refusal({.schedule = "cosin", .run_rounds = 1})
              .starts_with("schedule: unknown, got 'cosin', allowed constant, step, cosine, "
                           "hyperbolic"));
    CHECK(refusal({.schedule = "cosin", .run_rounds = 1}).ends_with("did you mean cosine?"));
    CHECK(refusal({.schedule = "cosine:warmpu=3", .run_rounds = 1})
              .ends_with("did you mean warmup?"));
    CHECK(refusal({.schedule = "cosine"}) ==
          "schedule cosine: period: must be given, for the run does not say how many there are");
    CHECK(refusal({.local_epochs = 2, .schedule = "cosine:unit=steps", .run_rounds = 9}) ==
          "schedule cosine: period: must be given, for the run does not say how many there are");
    CHECK(refusal({.schedule = "step"}) ==
          "schedule step: period: where the rate drops is said once, allowed period=COUNT, or "
          "at=FIRST/SECOND/...");
    CHECK(refusal({.schedule = "step:at=5,period=5"}) == refusal({.schedule = "step"}));
    CHECK(refusal({.schedule = "cosine:warmup-from=0.5", .run_rounds = 9}) ==
          "schedule cosine: warmup-from: got 0.5 without a warm-up, allowed with warmup=COUNT");
    CHECK(refusal({.schedule = "constant:warmup=0,warmup-from=0.5"})
              .starts_with("schedule constant: warmup-from: got 0.5 without a warm-up"));
    for (const char* schedule : {"cosine:warmup=9", "cosine:warmup=20,period=9"}) {
        CHECK(refusal({.schedule = schedule, .run_rounds = 9})
                  .ends_with(" and an end at 9, allowed a warm-up that ends before"));
    }
    CHECK(refusal({.schedule = "step:at=5/x"})
              .starts_with("schedule step: at: not a whole number in range, got 'x'"));
    CHECK(refusal({.schedule = "hyperbolic"})
              .starts_with("schedule hyperbolic: the period is missing, allowed hyperbolic:period="
                           "COUNT["));
    CHECK(refusal({.schedule = "cosine:period=0"})
              .starts_with("schedule cosine: period: not a whole number in range, got '0'"));
}

// Expectation: what Python's torch.optim.lr_scheduler has in its param_groups, step by step.
TEST_CASE("real data: schedules are those of torch.optim.lr_scheduler") {
    const auto expected = test::run_oracle("learning_rates.py", "");
    if (!expected) {
        test::skip("Debian's python3-torch is absent");
        return;
    }
    const std::vector<std::string> ours{"step:period=7,gamma=0.5",
                                        "step:at=15/18/40,gamma=0.1",
                                        "cosine:period=60,final=0.25",
                                        "constant:warmup=20,warmup-from=0.2",
                                        "hyperbolic:period=12",
                                        "cosine:warmup=10,warmup-from=0.1,period=50,final=0.05"};
    REQUIRE(expected->size() == ours.size());
    for (std::size_t k = 0; k < ours.size(); ++k) {
        CAPTURE(ours[k]);
        // CosineAnnealingLR goes on recursively behind its end.
        const std::size_t until = k == 5 ? 50 : 60;
        for (std::size_t t = 0; t < until; ++t) {
            CAPTURE(t);
            CHECK(share(ours[k], t) == doctest::Approx(expected->at(k).at(t)).epsilon(1e-9));
        }
    }
}

// Expectation: a run of two rounds of two steps is four steps of plain SGD, each with its own rate.
TEST_CASE("schedule: a node's steps go on counting where its optimizer is reset") {
    const DatasetPair data = test::random_regression(16, 3, 2);
    const std::vector<std::int64_t> partition = test::first_samples(16);
    const Parameters start = make_parameters(std::vector<float>(4, 0.5F));
    for (const char* schedule : {"step:period=1,gamma=0.5,unit=steps", "step:period=1,gamma=0.5"}) {
        for (const char* optimizer : {"sgd:momentum=0.9", "adam", "rmsprop", "lion"}) {
            CAPTURE(schedule);
            CAPTURE(optimizer);
            CpuLearner learner("linear",
                               data,
                               {.batch_size = 0,
                                .local_steps = 2,
                                .optimizer = optimizer,
                                .lr = 0.25,
                                .schedule = schedule,
                                .reset_optimizer = true});
            TrainingState state;
            Parameters x = start;
            for (std::uint64_t round = 0; round < 2; ++round) {
                x = learner.train(*x, partition, state, {.round = round}).parameters;
            }
            CHECK(state.steps == 4);
            // The same with a new state for each round, whose base rate is what the schedule says.
            Parameters y = start;
            for (std::uint64_t round = 0; round < 2; ++round) {
                const bool by_steps = std::string(schedule).ends_with("steps");
                const double share = by_steps ? std::pow(0.25, round) : std::pow(0.5, round);
                CpuLearner fresh("linear",
                                 data,
                                 {.batch_size = 0,
                                  .local_steps = 2,
                                  .optimizer = optimizer,
                                  .lr = 0.25 * share,
                                  .schedule = by_steps ? schedule : "constant"});
                TrainingState empty;
                y = fresh.train(*y, partition, empty, {.round = round}).parameters;
            }
            for (std::size_t i = 0; i < x->size(); ++i) {
                CHECK(x->values()[i] == doctest::Approx(y->values()[i]).epsilon(1e-6));
            }
        }
    }
}

}  // namespace
}  // namespace murmur
