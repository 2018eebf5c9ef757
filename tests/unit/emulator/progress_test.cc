#include "emulator/run/progress.h"

#include "tests/support/doctest.h"

namespace murmur {
namespace {

TEST_CASE("the line tells round, simulated and real time, accuracy and what is left") {
    // 10 of 40 rounds in 30 s: three times as long is left.
    CHECK(progress_line({.rounds_done = 10,
                         .rounds = 40,
                         .simulated_s = 12.345,
                         .mean_accuracy = 0.4567,
                         .mean_loss = 1.5},
                        30) ==
          "round 10/40  simulated 12.3 s  wall 0:30  accuracy 45.7 %  ETA 1:30");
}

TEST_CASE("a regression shows its loss") {
    CHECK(progress_line({.rounds_done = 1, .rounds = 2, .mean_loss = 0.00123456}, 5) ==
          "round 1/2  simulated 0.0 s  wall 0:05  loss 0.001235  ETA 0:05");
}

TEST_CASE("before the first round nothing is known of accuracy or of what is left") {
    CHECK(progress_line({.rounds = 40}, 0.2) == "round 0/40  simulated 0.0 s  wall 0:00");
}

TEST_CASE("hours are told apart from minutes") {
    CHECK(progress_line({.rounds_done = 0.5, .rounds = 1, .simulated_s = 7200}, 3599.6) ==
          "round 0/1  simulated 7200.0 s  wall 1:00:00  ETA 1:00:00");
    CHECK(progress_line({.rounds_done = 1, .rounds = 11}, 3661) ==
          "round 1/11  simulated 0.0 s  wall 1:01:01  ETA 10:10:10");
}

TEST_CASE("a finished run has nothing left") {
    CHECK(progress_line({.rounds_done = 2, .rounds = 2, .simulated_s = 1}, 61) ==
          "round 2/2  simulated 1.0 s  wall 1:01  ETA 0:00");
}

}  // namespace
}  // namespace murmur
