// Every protocol, and every kind of sharing, clock and life, on 1 to 4 ranks of 1 and 2 workers:
// the same files as on one.  What takes long besides: what goes between ranks, and how they end.

#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace murmur::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("ranks: every protocol and what else a run can have, on 1 to 4 of 1 and 2 workers") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : kinds_of_runs()) {
        CAPTURE(options.front());
        check_same_files_of(options, {{1, 2}, {2, 1}, {2, 2}, {3, 1}, {3, 2}, {4, 1}, {4, 2}});
    }
}

TEST_CASE("ranks: what one process makes of the costs that two have measured is the same") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    const auto run = [&](const std::string& clock, const std::string& name, unsigned ranks) {
        std::vector<std::string> command =
            small_command({"--clock=" + clock, "--out=" + (folder.path() / name).string()});
        REQUIRE_MESSAGE(run_command(launched(ranks, std::move(command)), said) == 0,
                        read_text(said));
        return read_text(folder.path() / name / "metrics.csv");
    };
    const std::string calibrated = run("calibrated", "calibrated", 2);
    const std::string trace = (folder.path() / "calibrated" / "compute-trace.csv").string();
    CHECK(calibrated == run("recorded:" + trace, "replayed", 3));
}

// Expectation: on a ring dealt in two blocks the models of four nodes cross in each round, two in
// each direction.  Of an evaluated round there are the first model and a sum of differences, some
// 4 + 9 bytes a parameter, and of each node some figures.
TEST_CASE("ranks: what goes between two on a ring is what must") {
    if (!has_launcher()) {
        return;
    }
    constexpr std::uint64_t kNodes = 8;
    constexpr std::uint64_t kEvaluated = 2;  // before the first round and after the last
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    const auto summary_of = [&](std::uint64_t rounds) {
        const fs::path out = folder.path() / std::to_string(rounds);
        REQUIRE_MESSAGE(run_command(launched(2,
                                             small_command({"--nodes=" + std::to_string(kNodes),
                                                            "--topology=ring",
                                                            "--model=mlp:300",
                                                            "--rounds=" + std::to_string(rounds),
                                                            "--eval-every=1000",
                                                            "--out=" + out.string()})),
                                    said) == 0,
                        read_text(said));
        return nlohmann::json::parse(read_text(out / "summary.json"));
    };
    const auto few = summary_of(2);
    const auto many = summary_of(7);
    // Each node sends its model to two.
    const auto model = many.at("bytes_content").get<std::uint64_t>() / (7 * kNodes * 2);
    REQUIRE(model > 10'000);
    const auto between = [](const auto& summary) {
        return summary.at("bytes_between_ranks").template get<std::uint64_t>();
    };
    for (const auto& [summary, rounds] : {std::pair(few, 2), std::pair(many, 7)}) {
        CAPTURE(rounds);
        const std::uint64_t crossing = static_cast<std::uint64_t>(4 * rounds) * model;
        CHECK(between(summary) >= crossing);
        CHECK(between(summary) <= crossing + kEvaluated * (4 + 9 + 1) * model / 4 +
                                      100 * kNodes * static_cast<std::uint64_t>(rounds + 2));
    }
    const std::uint64_t of_round = (between(many) - between(few)) / 5;
    CHECK(of_round >= 4 * model);
    // The sums of the last round have as many bytes a number as the largest difference needs.
    CHECK(of_round <= 4 * model + model / 2);
}

TEST_CASE("ranks: Ctrl-C at the launcher leaves rank 0 the seconds that its files take") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path out = folder.path() / "run";
    const fs::path said = folder.path() / "said";
    setenv("MURMUR_LONE_FAILURE", "slow", 1);
    ChildProcess run(launched(2,
                              {built_program("lone-failure"),
                               "--rounds=10000000",
                               "--quiet",
                               "--out=" + out.string()},
                              4),
                     said);
    unsetenv("MURMUR_LONE_FAILURE");
    REQUIRE(await([&] {
        std::error_code error;
        return fs::file_size(out / "rounds.csv", error) > 2000 && !error;
    }));
    const auto begin = std::chrono::steady_clock::now();
    run.signal(SIGINT);
    CHECK(run.wait() != 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    REQUIRE(fs::exists(out / "summary.json"));
    CHECK(read_text(out / "summary.json").find("interrupted") != std::string::npos);
    CHECK(processes_with("--out=" + out.string()).empty());
}

TEST_CASE("ranks: what fails on the thread of an exchange ends all, and names the rank") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    setenv("MURMUR_LONE_FAILURE", "message", 1);
    std::vector<std::string> command = launched(2, {built_program("lone-failure")});
    command.insert(command.begin(), {"/usr/bin/timeout", "30"});
    const auto begin = std::chrono::steady_clock::now();
    CHECK(run_command(command, said) == 1);
    unsetenv("MURMUR_LONE_FAILURE");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    CHECK(read_text(said).find(
              "rank 1: the exchange with other ranks has failed: not enough memory") !=
          std::string::npos);
}

}  // namespace
}  // namespace murmur::test
