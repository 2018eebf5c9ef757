// Every protocol, and every kind of sharing, clock and life: gone on with from a checkpoint, the
// same files as if it had never stopped; and written by two ranks, on one and on three.

#include "tests/determinism/ranked_run.h"
#include "tests/determinism/resumed_run.h"
#include "tests/support/doctest.h"

#include <chrono>
#include <filesystem>
#include <random>

namespace murmur::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("resume: every protocol and what else a run can have") {
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        ResumedRun run(options);
        const RunFiles undisturbed = run.undisturbed();
        check_same_files(undisturbed, run.run());
        check_same_files(undisturbed, run.resume());
    }
}

TEST_CASE("resume: every protocol and what else a run can have, on other ranks") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        ResumedRun run(options);
        const RunFiles undisturbed = run.undisturbed();
        check_same_files(undisturbed, run.run(2));
        check_same_files(undisturbed, run.resume(1));
        check_same_files(undisturbed, run.resume(3));
    }
}

TEST_CASE("resume: a rank killed at ten random instants, and the run gone on with on other ranks") {
    if (!has_launcher()) {
        return;
    }
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto draw = [&random](int least, int most) {
        return std::uniform_int_distribution(least, most)(random);
    };
    ResumedRun run({"--rounds=600", "--eval-every=10", "--sharing=choco"});
    const RunFiles undisturbed = run.undisturbed();
    for (int killed = 0; killed < 10;) {
        const auto ranks = static_cast<unsigned>(draw(2, 4));
        const auto victim = static_cast<unsigned>(draw(0, static_cast<int>(ranks) - 1));
        const std::chrono::milliseconds after(draw(0, 3000));
        CAPTURE(ranks);
        CAPTURE(victim);
        CAPTURE(after.count());
        const ResumedRun::RankKill kill = run.run_and_kill_rank(after, ranks, victim);
        if (kill.was_at_its_end) {
            check_same_files(undisturbed, files_of_run(run.out()));
            fs::remove_all(run.out());
            continue;
        }
        ++killed;
        CHECK(kill.took < std::chrono::seconds(10));
        CHECK_MESSAGE(kill.is_named, kill.said);
        CHECK(processes_with("=" + run.out().string()).empty());
    }
    check_same_files(undisturbed, run.finish());
}

}  // namespace
}  // namespace murmur::test
