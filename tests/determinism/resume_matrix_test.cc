// Every protocol, and every kind of sharing, clock and life: gone on with from a checkpoint, the
// same files as if it had never stopped; and written by two ranks, on one and on three; every
// protocol with more rounds than it was to have; and what cannot be written.

#include "tests/determinism/ranked_run.h"
#include "tests/determinism/resumed_run.h"
#include "tests/support/doctest.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

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

TEST_CASE("resume: every protocol with more rounds") {
    for (std::vector<std::string> options : kinds_of_runs()) {
        if (!options.front().starts_with("--protocol=")) {
            continue;
        }
        CAPTURE(options.front());
        options.emplace_back("--rounds=8");
        ResumedRun run(options);
        (void)run.run();
        check_same_files(run.undisturbed({"--rounds=11"}), run.resume(1, {"--rounds=11"}));
    }
}

TEST_CASE("resume: more rounds, and another end, are refused where the past would be another") {
    const auto check_refused = [](std::vector<std::string> options,
                                  const std::vector<std::string>& more,
                                  const std::string& text) {
        ResumedRun run(std::move(options));
        (void)run.run();
        const auto [code, said] = run.try_resume(more);
        CAPTURE(said);
        CHECK(code == 2);
        CHECK(said.find(text) != std::string::npos);
    };
    SUBCASE("a protocol whose choices follow from their number") {
        check_refused({"--protocol=skiptrain:train=1,sync=1,budget=2"},
                      {"--rounds=9"},
                      "--rounds: got 9, allowed 3 with --protocol=skiptrain");
    }
    SUBCASE("only checkpoints in which some node is in its last round") {
        check_refused(
            {"--rounds=2"}, {"--rounds=9"}, "--rounds: got 9, allowed 2: in each checkpoint of");
    }
    SUBCASE("an end before the checkpoint, or where there was none") {
        check_refused({"--until=10s"}, {"--until=1ms"}, "--until is '1ms'");
        check_refused({}, {"--until=1ms"}, "--until");
    }
}

TEST_CASE("resume: what is past is not learnt again") {
    const auto learned_s = [](const ResumedRun& run) {
        return nlohmann::json::parse(read_text(run.out() / "summary.json"))
            .at("learning_cpu_s")
            .get<double>();
    };
    ResumedRun run({"--rounds=12", "--local-steps=40"});
    (void)run.run();
    const double whole = learned_s(run);
    (void)run.resume();
    // One round of twelve.
    CHECK(learned_s(run) < whole / 3);
}

TEST_CASE("resume: checkpoints by real time, of ranks") {
    if (!has_launcher()) {
        return;
    }
    ResumedRun run({"--rounds=30", "--checkpoint-every=1ms", "--sharing=choco"});
    const RunFiles undisturbed = run.undisturbed();
    check_same_files(undisturbed, run.run(2));
    REQUIRE(fs::exists(run.out() / "checkpoint" / "told.bin"));
    check_same_files(undisturbed, run.resume(3));
    check_same_files(undisturbed, run.resume(1));
    CHECK(run.try_resume({"--allow-unlike-cpus"}).first == 0);
}

TEST_CASE("resume: a checkpoint that cannot be written is told once, and the run ends as ever") {
    ResumedRun run({"--rounds=200", "--eval-every=10", "--sharing=choco"});
    const RunFiles undisturbed = run.undisturbed();
    for (const auto& [ranks, victim] : {std::pair(1u, 0u), std::pair(2u, 0u), std::pair(2u, 1u)}) {
        if (ranks > 1 && !has_launcher()) {
            continue;
        }
        CAPTURE(ranks);
        CAPTURE(victim);
        const std::string said = run.run_with_full_disk(ranks, victim);
        CAPTURE(said);
        const std::string warning = "warning: no more checkpoints are written: cannot write ";
        CHECK(said.find(warning) != std::string::npos);
        CHECK(said.find(warning) == said.rfind(warning));
        CHECK(said.find("rank-" + std::to_string(victim) + ".bin") != std::string::npos);
        check_same_files(undisturbed, files_of_run(run.out()));
        // Of those before the last is left.
        CHECK(fs::exists(run.out() / "checkpoint" / "round-99"));
        check_same_files(undisturbed, run.resume());
    }
}

TEST_CASE("resume: a rank that is killed while they start leaves nobody waiting") {
    if (!has_launcher()) {
        return;
    }
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    ResumedRun run({"--rounds=100000"});
    for (int kill = 0; kill < 8; ++kill) {
        const std::chrono::milliseconds after(std::uniform_int_distribution(0, 500)(random));
        const auto victim = std::uniform_int_distribution(0u, 2u)(random);
        CAPTURE(after.count());
        CAPTURE(victim);
        CHECK(run.kill_in_start(after, 3, victim) < std::chrono::seconds(10));
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
