#include "tools/sweep/sweep.h"

#include "emulator/base/available_cores.h"
#include "emulator/record/checkpoint_folder.h"
#include "tools/sweep/tables.h"
#include "tools/text/shell_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace murmur::sweep {
namespace {

namespace fs = std::filesystem;

void create_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw std::invalid_argument(
            fmt::format("sweep: --out={}: {}", folder.string(), error.message()));
    }
}

/// The most workers that any run is given; a value that is no number is the scenario's to refuse.
std::size_t most_workers(const Option& option) {
    std::size_t most = 1;
    for (const auto& text : option.values) {
        std::size_t workers = 0;
        std::from_chars(text.data(), text.data() + text.size(), workers);
        most = std::max(most, workers);
    }
    return most;
}

/// Lets `jobs` of the runs go on at a time: `start(run, children)`, later `finish(ended)`.
/// Returns false if Ctrl-C came, after the runs under way have ended.
/// `tick(children)` is called each second meanwhile.
template <typename Start, typename Finish, typename Tick>
bool run_all(
    const std::vector<std::size_t>& runs, std::size_t jobs, Start start, Finish finish, Tick tick) {
    Children children;
    std::size_t next = 0;
    while (true) {
        while (next < runs.size() && children.size() < jobs && !children.is_interrupted()) {
            start(runs[next++], children);
        }
        if (children.size() == 0) {
            return !children.is_interrupted();
        }
        if (const auto ended = children.wait_for(1)) {
            finish(*ended);
        }
        tick(children);
    }
}

/// One complaint of the scenario, and the combinations of options that it is about.
struct Refusal {
    std::string message;
    std::vector<std::size_t> runs;
};

std::string describe(std::vector<Refusal> refusals, const Plan& plan, std::size_t asked) {
    constexpr std::size_t kMostShown = 10;
    std::size_t count = 0;
    for (auto& refusal : refusals) {
        count += refusal.runs.size();
        std::ranges::sort(refusal.runs);
    }
    std::ranges::sort(refusals, {}, [](const Refusal& refusal) { return refusal.runs.front(); });
    auto text = fmt::format(
        "sweep: {} of {} combinations of options refused; nothing was run", count, asked);
    for (std::size_t i = 0; i < std::min(refusals.size(), kMostShown); ++i) {
        const auto& [message, runs] = refusals[i];
        text += fmt::format("\n  {}\n    {} of them, the first:", message, runs.size());
        for (const auto& argument : plan.runs[runs.front()].arguments) {
            text += ' ' + argument;
        }
    }
    if (refusals.size() > kMostShown) {
        text += fmt::format("\n  and {} further messages", refusals.size() - kMostShown);
    }
    return text;
}

/// Returns what a scenario says of itself with --version; nothing where it says nothing.
std::string ask_revision(const fs::path& program) {
    const std::string command = shell_word(program) + " --version 2>/dev/null";
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return "";
    }
    std::array<char, 256> line{};
    const bool has_line = std::fgets(line.data(), line.size(), pipe) != nullptr;
    const int status = pclose(pipe);
    std::string text = has_line && status == 0 ? line.data() : "";
    text.erase(std::min(text.find('\n'), text.size()));
    return text;
}

void print_line(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

}  // namespace

Sweep::Sweep(Request request) : request_(std::move(request)), plan_(make_plan(request_.options)) {
    if (access(request_.program.c_str(), X_OK) != 0) {
        throw std::invalid_argument(
            fmt::format("sweep: no scenario program {}", request_.program.string()));
    }
    if (request_.part) {
        plan_ = share_of(std::move(plan_), *request_.part);
        request_.out /= fmt::format("part-{}-of-{}", request_.part->number, request_.part->count);
    }
    revision_ = ask_revision(request_.program);
    create_folder(request_.out / "logs");
    ledger_.emplace(request_.out);
    outcomes_.resize(plan_.runs.size());
    for (std::size_t i = 0; i < plan_.runs.size(); ++i) {
        const auto& name = plan_.runs[i].folder;
        if (!request_.overwrite && ledger_->has_made(name, ledger_entry(i))) {
            outcomes_[i] = read_outcome(folder(i));
        }
        if (outcomes_[i].is_complete()) {
            continue;
        }
        outcomes_[i] = Outcome{};
        to_do_.push_back(i);
        if (!ledger_->has_made(name) && fs::exists(folder(i)) && !fs::is_empty(folder(i))) {
            throw std::invalid_argument(fmt::format(
                "sweep: {} is not from a sweep; choose another --out", folder(i).string()));
        }
    }
    share_cores();
}

void Sweep::check() {
    const auto logs = request_.out / "logs" / "check";
    create_folder(logs);
    const auto log_of = [&logs](std::size_t run) { return logs / std::to_string(run); };
    std::vector<Refusal> refusals;
    const auto start = [&](std::size_t run, Children& children) {
        auto words = command(run, false);
        words.emplace_back("--check");
        children.start(run, words, log_of(run));
    };
    const auto finish = [&](const Ended& ended) {
        if (ended.exit_code == 0) {
            return;
        }
        auto message = last_line(log_of(ended.id));
        if (message.empty()) {
            message = fmt::format("--check ended with exit code {}", ended.exit_code);
        }
        auto entry = std::ranges::find(refusals, message, &Refusal::message);
        if (entry == refusals.end()) {
            entry = refusals.insert(entry, Refusal{.message = message, .runs = {}});
        }
        entry->runs.push_back(ended.id);
    };
    is_interrupted_ =
        !run_all(to_do_, available_cores(), start, finish, [](const Children& /*children*/) {});
    fs::remove_all(logs);
    if (!refusals.empty() && !is_interrupted_) {
        throw std::invalid_argument(describe(refusals, plan_, to_do_.size()));
    }
}

void Sweep::run() {
    finished_ = plan_.runs.size() - to_do_.size();
    already_ = finished_;
    begin_ = std::chrono::steady_clock::now();
    if (!is_interrupted_) {
        print_line(
            fmt::format("{} runs, {} complete already; {} at a time{}",
                        plan_.runs.size(),
                        finished_,
                        jobs_,
                        workers_ == 0 ? "" : fmt::format(", workers of each: {}", workers_)));
        write_tables();
        is_interrupted_ = !run_all(
            to_do_,
            jobs_,
            [this](std::size_t run, Children& children) { start(run, children); },
            [this](const Ended& ended) { finish(ended); },
            [this](const Children& children) { show_progress(children); });
        replace_file(request_.out / "sweep-rounds.csv", rounds_table(plan_, outcomes_));
    }
    print_line(fmt::format("{}, sweep-summary.csv and sweep-rounds.csv beside it hold the figures",
                           (request_.out / "sweep.csv").string()));
}

int Sweep::exit_code() const {
    if (is_interrupted_) {
        return 130;
    }
    return std::ranges::all_of(outcomes_, &Outcome::is_complete) ? 0 : 1;
}

std::vector<std::string> Sweep::ledger_entry(std::size_t run) const {
    // By name: the same scenario may be built in another folder tomorrow.
    std::vector<std::string> words{request_.program.filename().string()};
    if (!revision_.empty()) {
        words.push_back(revision_);
    }
    const auto& arguments = plan_.runs[run].arguments;
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

std::vector<std::string> Sweep::command(std::size_t run, bool goes_on) const {
    std::vector<std::string> words{request_.program.string()};
    if (workers_ > 0) {
        words.push_back(fmt::format("--workers={}", workers_));
    }
    words.emplace_back("--quiet");
    const auto& arguments = plan_.runs[run].arguments;
    if (goes_on) {
        // All options but this one are those that the run was begun with.
        std::ranges::copy_if(arguments, std::back_inserter(words), [](const std::string& word) {
            return word.starts_with("--workers=");
        });
        words.push_back("--resume=" + folder(run).string());
        return words;
    }
    words.insert(words.begin() + 1, arguments.begin(), arguments.end());
    words.push_back("--out=" + folder(run).string());
    if (ledger_->has_made(plan_.runs[run].folder)) {
        words.emplace_back("--overwrite");
    }
    return words;
}

bool Sweep::can_go_on(std::size_t run) const {
    if (request_.overwrite || !ledger_->has_made(plan_.runs[run].folder, ledger_entry(run))) {
        return false;
    }
    std::error_code error;
    const fs::directory_iterator checkpoints(folder(run) / kCheckpointFolder, error);
    return std::any_of(begin(checkpoints), end(checkpoints), [](const fs::directory_entry& entry) {
        return entry.is_directory() && entry.path().extension() != kUnfinishedCheckpoint;
    });
}

fs::path Sweep::folder(std::size_t run) const {
    return request_.out / plan_.runs[run].folder;
}

fs::path Sweep::log(std::size_t run) const {
    return request_.out / "logs" / (plan_.runs[run].folder + ".log");
}

void Sweep::share_cores() {
    const std::size_t cores = available_cores();
    const auto given = std::ranges::find(request_.options, "workers", &Option::name);
    const bool has_workers = given != request_.options.end();
    const auto fitting =
        has_workers ? std::max<std::size_t>(cores / most_workers(*given), 1) : cores;
    jobs_ = std::clamp<std::size_t>(
        request_.jobs.value_or(fitting), 1, std::max<std::size_t>(to_do_.size(), 1));
    if (!has_workers && jobs_ > 1) {
        workers_ = std::max<std::size_t>(cores / jobs_, 1);
    }
}

void Sweep::forget_checkpoints(std::size_t run) const {
    std::error_code ignored;
    fs::remove_all(folder(run) / kCheckpointFolder, ignored);
}

void Sweep::start(std::size_t run, Children& children) {
    const bool goes_on = can_go_on(run);
    const auto words = command(run, goes_on);
    if (goes_on) {
        going_on_.insert(run);
    } else if (ledger_->has_made(plan_.runs[run].folder)) {
        // Before the ledger says that the folder is of these options: nobody may take a checkpoint
        // of others for one of them, whenever this is cut off.
        forget_checkpoints(run);
    }
    // What an earlier attempt said of itself must not pass for the word of this one.
    fs::remove(folder(run) / "summary.json");
    ledger_->note(plan_.runs[run].folder, ledger_entry(run));
    children.start(run, words, log(run));
    under_way_.push_back(run);
}

bool Sweep::begins_anew(const Ended& ended) {
    constexpr int kRefused = 2;
    const bool was_going_on = going_on_.erase(ended.id) > 0;
    if (!was_going_on || ended.exit_code != kRefused) {
        return false;
    }
    forget_checkpoints(ended.id);
    to_do_.push_back(ended.id);
    std::erase(under_way_, ended.id);
    print_line(fmt::format("{}: cannot go on and begins anew: {}",
                           plan_.runs[ended.id].folder,
                           last_line(log(ended.id))));
    return true;
}

void Sweep::finish(const Ended& ended) {
    if (begins_anew(ended)) {
        return;
    }
    auto& outcome = outcomes_[ended.id];
    outcome = judge(ended, folder(ended.id), log(ended.id));
    write_tables();
    std::erase(under_way_, ended.id);
    std::string line = fmt::format("[{}/{}] {}: {}",
                                   ++finished_,
                                   plan_.runs.size(),
                                   plan_.runs[ended.id].folder,
                                   outcome.status);
    if (const auto accuracy = outcome.number("mean_test_accuracy")) {
        line += fmt::format(", {} {:.4f}", outcome.metric, *accuracy);
    }
    if (const auto simulated_s = outcome.number("simulated_s")) {
        line += fmt::format(", {:.1f} simulated s", *simulated_s);
    }
    if (const auto wall_s = outcome.number("wall_s")) {
        line += fmt::format(", {:.1f} s", *wall_s);
    }
    if (!outcome.error.empty()) {
        line += ", " + outcome.error;
    }
    if (const std::string left = time_left(); !left.empty()) {
        line += "; " + left;
    }
    if (isatty(STDERR_FILENO) != 0) {
        std::fputs("\r\033[K", stderr);
    }
    print_line(line);
}

void Sweep::write_tables() {
    sweep::write_tables(plan_, outcomes_, request_.out);
}

std::string Sweep::time_left() const {
    const std::size_t done = finished_ - already_;
    const std::size_t left = plan_.runs.size() - finished_;
    if (done == 0 || left == 0) {
        return "";
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    const double seconds = passed.count() / static_cast<double>(done) * static_cast<double>(left);
    constexpr double kMinute = 60;
    constexpr double kHour = 3600;
    return seconds < 2 * kMinute ? fmt::format("about {:.0f} s left", seconds)
           : seconds < 2 * kHour ? fmt::format("about {:.0f} min left", seconds / kMinute)
                                 : fmt::format("about {:.1f} h left", seconds / kHour);
}

void Sweep::show_progress(const Children& children) const {
    if (isatty(STDERR_FILENO) == 0) {
        return;
    }
    std::string line;
    if (children.size() > 0) {
        const std::string left = time_left();
        line = fmt::format(
            "{} of {} done{}{}", finished_, plan_.runs.size(), left.empty() ? "" : ", ", left);
        for (const std::size_t run : under_way_) {
            const std::string round = last_round(folder(run));
            line += fmt::format(
                "; {}{}", plan_.runs[run].folder, round.empty() ? "" : " in round " + round);
        }
        constexpr std::size_t kColumns = 110;
        line.resize(std::min(line.size(), kColumns));
    }
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
}

}  // namespace murmur::sweep
