#include "tests/determinism/resumed_run.h"

#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/unit/emulator/child_process.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace murmur::test {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> on_ranks(unsigned ranks, std::vector<std::string> command) {
    return ranks > 1 ? launched(ranks, std::move(command)) : std::move(command);
}

bool has_checkpoint(const fs::path& run) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(run / "checkpoint", error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("round-") && !name.ends_with(".tmp")) {
            return true;
        }
    }
    return false;
}

}  // namespace

RunFiles ResumedRun::undisturbed(const std::vector<std::string>& more) const {
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    std::vector<std::string> own = more;
    for (const std::string& option : options_) {
        const std::string name = option.substr(0, option.find('=') + 1);
        const bool is_replaced = std::any_of(
            more.begin(), more.end(), [&](const auto& other) { return other.starts_with(name); });
        if (!is_replaced) {
            own.push_back(option);
        }
    }
    own.push_back("--out=" + (folder.path() / "run").string());
    REQUIRE_MESSAGE(run_command(small_command(own), said) == 0, read_text(said));
    return files_of_run(folder.path() / "run");
}

std::vector<std::string> ResumedRun::command(unsigned ranks, bool goes_on) const {
    if (goes_on) {
        return on_ranks(
            ranks,
            {built_program("dpsgd"), "--resume=" + out().string(), "--workers=2", "--quiet"});
    }
    std::vector<std::string> own = options_;
    const bool has_period = std::any_of(own.begin(), own.end(), [](const std::string& option) {
        return option.starts_with("--checkpoint-every=");
    });
    if (!has_period) {
        own.push_back("--checkpoint-every=1");
    }
    own.push_back("--out=" + out().string());
    return on_ranks(ranks, small_command(own));
}

RunFiles ResumedRun::run(unsigned ranks) {
    const fs::path said = folder_.path() / "said";
    fs::remove_all(out());
    REQUIRE_MESSAGE(run_command(command(ranks, false), said) == 0, read_text(said));
    return files_of_run(out());
}

bool ResumedRun::run_and_kill(std::chrono::milliseconds after, unsigned ranks) {
    const fs::path said = folder_.path() / "said";
    const bool goes_on = has_checkpoint(out());
    if (!goes_on) {
        fs::remove_all(out());  // killed before it had one
    }
    ChildProcess child(command(ranks, goes_on), said);
    const auto end = std::chrono::steady_clock::now() + after;
    while (std::chrono::steady_clock::now() < end) {
        if (fs::exists(out() / "summary.json")) {
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    child.signal(SIGKILL);
    const int code = child.wait();
    CHECK_MESSAGE((code == 0 || code == 128 + SIGKILL), read_text(said));
    return fs::exists(out() / "summary.json");
}

ResumedRun::RankKill ResumedRun::run_and_kill_rank(std::chrono::milliseconds after,
                                                   unsigned ranks,
                                                   unsigned victim) {
    const fs::path said = folder_.path() / "said";
    const bool goes_on = has_checkpoint(out());
    if (!goes_on) {
        fs::remove_all(out());
    }
    ChildProcess child(command(ranks, goes_on), said);
    // Killed while they start, ranks end without a word: nobody has met the others yet.
    const auto has_begun = [this, began = fs::file_time_type::clock::now()] {
        std::error_code error;
        return fs::last_write_time(out() / "experiment.json", error) > began && !error;
    };
    REQUIRE_MESSAGE(await(has_begun), read_text(said));
    std::this_thread::sleep_for(after);
    const std::vector<pid_t> processes = processes_with("=" + out().string());
    const auto begin = std::chrono::steady_clock::now();
    if (processes.size() == ranks) {
        kill(processes[victim], SIGKILL);
    }
    const int code = child.wait();
    const auto took = std::chrono::steady_clock::now() - begin;
    const std::string text = read_text(said);
    return {.was_at_its_end = code == 0,
            .took = std::chrono::duration_cast<std::chrono::milliseconds>(took),
            .is_named = text.find("rank " + std::to_string(victim)) != std::string::npos,
            .said = text};
}

std::chrono::milliseconds ResumedRun::kill_in_start(std::chrono::milliseconds after,
                                                    unsigned ranks,
                                                    unsigned victim) {
    const fs::path said = folder_.path() / "said";
    fs::remove_all(out());
    ChildProcess child(command(ranks, false), said);
    const auto processes = [this] { return processes_with("=" + out().string()); };
    REQUIRE_MESSAGE(await([&] { return !processes().empty(); }), read_text(said));
    std::this_thread::sleep_for(after);
    const std::vector<pid_t> there = processes();
    const auto begin = std::chrono::steady_clock::now();
    if (!there.empty()) {
        kill(there[victim % there.size()], SIGKILL);
    }
    CHECK_MESSAGE(child.wait() != 0, read_text(said));
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(processes().empty());
    return std::chrono::duration_cast<std::chrono::milliseconds>(took);
}

std::string ResumedRun::run_with_full_disk(unsigned ranks, unsigned victim) {
    const fs::path said = folder_.path() / "said";
    fs::remove_all(out());
    ChildProcess child(command(ranks, false), said);
    REQUIRE_MESSAGE(await([this] { return has_checkpoint(out()); }), read_text(said));
    for (int round = 100; round < 150; ++round) {
        // A folder where a file should be: even the superuser cannot write there.
        fs::create_directories(out() / "checkpoint" / ("round-" + std::to_string(round) + ".tmp") /
                               ("rank-" + std::to_string(victim) + ".bin"));
    }
    const int code = child.wait();
    const std::string text = read_text(said);
    CHECK_MESSAGE(code == 0, text);
    return text;
}

std::pair<int, std::string> ResumedRun::try_resume(const std::vector<std::string>& more,
                                                   unsigned ranks) {
    const fs::path said = folder_.path() / "said";
    std::vector<std::string> own = command(ranks, true);
    own.insert(own.end(), more.begin(), more.end());
    const int code = run_command(own, said);
    return {code, read_text(said)};
}

RunFiles ResumedRun::finish() {
    return has_checkpoint(out()) ? resume() : run();
}

RunFiles ResumedRun::resume(unsigned ranks, const std::vector<std::string>& more) {
    const auto [code, said] = try_resume(more, ranks);
    REQUIRE_MESSAGE(code == 0, said);
    return files_of_run(out());
}

}  // namespace murmur::test
