// Runs that go on from a checkpoint: the same bytes as if they had never stopped, wherever they
// were killed, on whatever ranks and workers.  All kinds of runs are tried by
// resume_matrix_test.cc.

#include "tests/determinism/ranked_run.h"
#include "tests/determinism/resumed_run.h"
#include "tests/support/doctest.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace murmur::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("resume: the same files as if the run had never stopped") {
    for (const auto& options : std::vector<std::vector<std::string>>{
             {"--network=packet", "--messages", "--timeline"},
             {"--sharing=top-k:alpha=0.2,accumulation=averaging",  // sizes follow from values
              "--availability=poisson:on=200ms,off=50ms",
              "--on-return=neighbor"},
             {"--save-models=best", "--optimizer=adamw", "--lr=0.01"}}) {
        CAPTURE(options.front());
        ResumedRun run(options);
        const RunFiles undisturbed = run.undisturbed();
        check_same_files(undisturbed, run.run());
        check_same_files(undisturbed, run.resume());
        check_same_files(undisturbed, run.resume());  // of the resumed run's own
    }
}

TEST_CASE("resume: killed at ten random instants") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    ResumedRun run({"--rounds=40", "--sharing=choco", "--save-models=every:7", "--evaluate=both"});
    const RunFiles undisturbed = run.undisturbed();
    int killed = 0;
    while (killed < 10) {
        // A process is up after some tenths of a second.
        const std::chrono::milliseconds after(std::uniform_int_distribution(50, 900)(random));
        CAPTURE(after.count());
        if (run.run_and_kill(after)) {
            check_same_files(undisturbed, files_of_run(run.out()));
            fs::remove_all(run.out());  // from the beginning, for the kills that are left
            continue;
        }
        ++killed;
    }
    check_same_files(undisturbed, run.finish());
}

TEST_CASE("resume: with more rounds, as a run that was to have them from the start") {
    ResumedRun run({"--rounds=4", "--eval-every=3"});
    (void)run.run();
    check_same_files(run.undisturbed({"--rounds=9"}), run.resume(1, {"--rounds=9"}));
}

TEST_CASE("resume: checkpoints by real time") {
    // Shorter than a round takes: there is one at the end of most.
    ResumedRun run({"--rounds=12", "--checkpoint-every=1ms", "--sharing=choco"});
    const RunFiles undisturbed = run.undisturbed();
    check_same_files(undisturbed, run.run());
    REQUIRE(fs::exists(run.out() / "checkpoint" / "told.bin"));
    check_same_files(undisturbed, run.resume());
}

TEST_CASE("resume: a calibrated clock has measured once, a measured one is not asked again") {
    for (const std::string clock : {"calibrated", "measured"}) {
        CAPTURE(clock);
        ResumedRun run({"--clock=" + clock, "--rounds=5"});
        const RunFiles first = run.run();
        const RunFiles again = run.resume();
        // Of a measured clock, what comes after the checkpoint is measured anew.
        const std::size_t rows =
            clock == "measured"
                ? first.at("rounds.csv").rfind('\n', first.at("rounds.csv").size() - 2) + 1
                : first.at("rounds.csv").size();
        CHECK(again.at("rounds.csv").substr(0, rows) == first.at("rounds.csv").substr(0, rows));
    }
}

TEST_CASE("resume: on another number of ranks") {
    if (!has_launcher()) {
        return;
    }
    ResumedRun run({"--sharing=choco", "--availability=poisson:on=200ms,off=50ms"});
    const RunFiles undisturbed = run.undisturbed();
    check_same_files(undisturbed, run.run(2));
    check_same_files(undisturbed, run.resume(3));
    check_same_files(undisturbed, run.resume(1));
}

TEST_CASE("resume: what cannot go on is refused in a line, and left as it is") {
    ResumedRun run({});
    const RunFiles files = run.run();
    const auto check_refused = [&run](const std::vector<std::string>& more, const char* text) {
        const auto [code, said] = run.try_resume(more);
        CAPTURE(said);
        CHECK(code == 2);
        CHECK(said.find(text) != std::string::npos);
        CHECK(said.find('\n') == said.size() - 1);
    };
    check_refused({"--lr=0.5"}, "--lr is '0.5', of the run that is to go on '0.02'");
    check_refused({"--rounds=2"}, "--rounds: got 2, allowed 3 or more");
    check_refused({"--rounds=9", "--out=elsewhere"}, "--out");
    check_refused({"--config=a.json"}, "--config");
    check_same_files(files, files_of_run(run.out()));

    SUBCASE("a part that is cut off") {
        fs::resize_file(run.out() / "checkpoint" / "round-2" / "rank-0.bin", 1000);
        check_refused({}, "rank-0.bin is cut off");
    }
    SUBCASE("a part that is damaged") {
        const fs::path part = run.out() / "checkpoint" / "round-2" / "rank-0.bin";
        std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(fs::file_size(part) / 2));
        file.put('!');
        file.close();
        check_refused({}, "is damaged");
    }
    SUBCASE("what was told is cut off") {
        fs::resize_file(run.out() / "checkpoint" / "told.bin", 10);
        check_refused({}, "told.bin is cut off");
    }
    SUBCASE("no mark") {
        fs::remove(run.out() / "checkpoint" / "round-2" / "about.json");
        check_refused({}, "about.json");
    }
    SUBCASE("no checkpoint") {
        fs::remove_all(run.out() / "checkpoint");
        check_refused({}, "holds no checkpoint");
    }
    CHECK(read_text(run.out() / "metrics.csv") == files.at("metrics.csv"));
}

TEST_CASE("resume: a schedule that follows the number of rounds cannot have more of them") {
    ResumedRun run({"--schedule=cosine"});
    (void)run.run();
    const auto [code, said] = run.try_resume({"--rounds=9"});
    CHECK(code == 2);
    CHECK(said.find("--schedule=cosine") != std::string::npos);
}

TEST_CASE("resume: a run anew into the same folder forgets the checkpoints of the one before") {
    ResumedRun run({"--rounds=5"});
    (void)run.run();
    REQUIRE(fs::exists(run.out() / "checkpoint" / "round-4"));
    const TemporaryFolder folder;
    const std::vector<std::string> anew =
        small_command({"--out=" + run.out().string(), "--overwrite"});
    REQUIRE(run_command(anew, folder.path() / "said") == 0);
    CHECK(!fs::exists(run.out() / "checkpoint"));
}

}  // namespace
}  // namespace murmur::test
