// One experiment on several ranks, started by mpirun: the same bytes as on one, and an end in order
// where a rank fails, is killed or differs.

#include "emulator/protocols/plans.h"
#include "learning/encoding/encoders.h"
#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace murmur::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("ranks: the same files as of one, over networks and placements") {
    if (!has_launcher()) {
        return;
    }
    for (const auto& options : std::vector<std::vector<std::string>>{
             {"--network=packet",
              "--placement=cost",
              "--sharing=top-k:alpha=0.2,accumulation=averaging"},  // sizes follow from values
             {"--protocol=fedavg:clients=0.4", "--save-models=final"},
             {"--availability=poisson:on=200ms,off=50ms", "--on-return=neighbor"}}) {
        CAPTURE(options.front());
        check_same_files_of(options, {{2, 1}, {3, 2}});
    }
}

TEST_CASE("ranks and resume: the kinds of runs that are tried have every protocol and sharing") {
    const auto check_all = [](const std::string& option, const ChoiceList& choices) {
        for (const std::string& name : choices.names()) {
            const auto has_it = [&](const std::vector<std::string>& kind) {
                return std::ranges::any_of(kind, [&](const std::string& given) {
                    return given == option + name || given.starts_with(option + name + ":");
                });
            };
            CHECK_MESSAGE(std::ranges::any_of(kinds_of_runs(), has_it), option, name);
        }
    };
    check_all("--protocol=", protocols());
    check_all("--sharing=", encoders());
}

TEST_CASE("ranks: a measured run of two is replayed by one") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    const auto run = [&](const std::string& clock, const std::string& name, unsigned ranks) {
        std::vector<std::string> command =
            small_command({"--clock=" + clock, "--out=" + (folder.path() / name).string()});
        REQUIRE_MESSAGE(
            run_command(ranks > 1 ? launched(ranks, std::move(command)) : std::move(command),
                        said) == 0,
            read_text(said));
        return read_text(folder.path() / name / "metrics.csv");
    };
    const std::string measured = run("measured", "measured", 2);
    const std::string trace = (folder.path() / "measured" / "compute-trace.csv").string();
    CHECK(measured == run("recorded:" + trace, "replayed", 1));
}

TEST_CASE("ranks: a run that diverges says so once, and keeps what was finished before") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    const auto run = [&](unsigned ranks, const std::string& name) {
        std::vector<std::string> command =
            small_command({"--lr=1e30", "--rounds=6", "--out=" + (folder.path() / name).string()});
        CHECK(run_command(ranks > 1 ? launched(ranks, std::move(command)) : std::move(command),
                          said) == 1);
        return files_of_run(folder.path() / name);
    };
    const RunFiles alone = run(1, "1");
    CHECK(alone.at("summary.json").find("diverged") != std::string::npos);
    for (const unsigned ranks : {2u, 3u}) {
        const RunFiles together = run(ranks, std::to_string(ranks));
        for (const char* name :
             {"metrics.csv", "rounds.csv", "summary.json", "compute-trace.csv"}) {
            CAPTURE(name);
            CHECK(together.at(name) == alone.at(name));
        }
    }
}

/// Starts a run of three ranks that would take minutes, and waits until it has rows.
ChildProcess start_long_run(const fs::path& folder,
                            const fs::path& said,
                            const std::string& clock = "modelled:1ms,jitter=0.2,merge=1ms") {
    return ChildProcess(launched(3,
                                 small_command({"--rounds=100000",
                                                "--eval-samples=10",
                                                "--clock=" + clock,
                                                "--out=" + folder.string()})),
                        said);
}

void wait_for_rows(const fs::path& folder) {
    for (int i = 0; i < 1200; ++i) {
        std::error_code error;
        if (fs::file_size(folder / "rounds.csv", error) > 2000 && !error) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL("no rows after a minute");
}

TEST_CASE("ranks: a rank that is killed ends all within ten seconds, named, with rows kept") {
    if (!has_launcher()) {
        return;
    }
    for (const unsigned victim : {0u, 2u}) {
        CAPTURE(victim);
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "run";
        const fs::path said = folder.path() / "said";
        ChildProcess run = start_long_run(out, said);
        wait_for_rows(out);
        const std::vector<pid_t> ranks = processes_with("--out=" + out.string());
        REQUIRE(ranks.size() == 3);
        const auto begin = std::chrono::steady_clock::now();
        kill(ranks[victim], SIGKILL);
        CHECK(run.wait() != 0);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
        CHECK(read_text(said).find("rank " + std::to_string(victim)) != std::string::npos);
        CHECK(processes_with("--out=" + out.string()).empty());
        const std::string rows = read_text(out / "rounds.csv");
        CHECK(rows.size() > 2000);
        CHECK(rows.back() == '\n');
    }
}

TEST_CASE("ranks: where one is killed while events wait for durations, all end and rows are kept") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path out = folder.path() / "run";
    const fs::path said = folder.path() / "said";
    ChildProcess run = start_long_run(out, said, "measured");
    wait_for_rows(out);
    const std::vector<pid_t> ranks = processes_with("--out=" + out.string());
    REQUIRE(ranks.size() == 3);
    kill(ranks[2], SIGKILL);
    CHECK(run.wait() != 0);
    CHECK(processes_with("--out=" + out.string()).empty());
    CHECK(read_text(out / "rounds.csv").size() > 2000);
}

TEST_CASE("ranks: an interrupted run ends in order on all of them") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path out = folder.path() / "run";
    const fs::path said = folder.path() / "said";
    ChildProcess run = start_long_run(out, said);
    wait_for_rows(out);
    // As a terminal's Ctrl-C reaches a rank.
    kill(processes_with("--out=" + out.string()).back(), SIGINT);
    CHECK(run.wait() != 0);
    CHECK(read_text(out / "summary.json").find("interrupted") != std::string::npos);
    CHECK(fs::exists(out / "report.html"));
}

TEST_CASE("ranks: what fails on one alone ends all, and is told") {
    if (!has_launcher()) {
        return;
    }
    for (const std::string where : {"setup", "event", "begin", "row"}) {
        CAPTURE(where);
        const TemporaryFolder folder;
        const fs::path out = folder.path() / "run";
        const fs::path said = folder.path() / "said";
        setenv("MURMUR_LONE_FAILURE", where.c_str(), 1);
        const auto begin = std::chrono::steady_clock::now();
        std::vector<std::string> command =
            launched(2, {built_program("lone-failure"), "--quiet", "--out=" + out.string()});
        command.insert(command.begin(), {"/usr/bin/timeout", "30"});  // else it might wait for ever
        CHECK(run_command(command, said) != 0);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
        CHECK(read_text(said).find("alone in " + where) != std::string::npos);
        if (where != "setup") {
            CHECK(read_text(out / "summary.json").find("alone in " + where) != std::string::npos);
        }
    }
    unsetenv("MURMUR_LONE_FAILURE");
}

TEST_CASE("ranks: those that differ are refused, and a wrong option is said once") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    // Two programs of one job.
    std::vector<std::string> command = launched(1, small_command({"--rounds=3"}));
    const std::vector<std::string> other = small_command({"--rounds=4"});
    command.insert(command.end(), {":", "-n", "1"});
    command.insert(command.end(), other.begin(), other.end());
    CHECK(run_command(command, said) == 2);
    CHECK(read_text(said).find("--rounds of rank 1 is '4', of rank 0 '3'") != std::string::npos);

    CHECK(run_command(launched(2, small_command({"--rouns=3"})), said) == 2);
    const std::string text = read_text(said);
    CHECK(text.find("--rouns") != std::string::npos);
    CHECK(text.find("--rouns") == text.rfind("--rouns"));
}

TEST_CASE("ranks: help is printed once") {
    if (!has_launcher()) {
        return;
    }
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    CHECK(run_command(launched(3, {built_program("dpsgd"), "--help"}), said) == 0);
    const std::string help = read_text(said);
    CHECK(help.find("--nodes") != std::string::npos);
    CHECK(help.find("--checkpoint-every") == help.rfind("--checkpoint-every"));
}

}  // namespace
}  // namespace murmur::test
