#include "tools/sweep/merge.h"

#include "tools/sweep/ledger.h"
#include "tools/sweep/request.h"
#include "tools/sweep/tables.h"
#include "tools/text/csv.h"
#include "tools/text/number.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace murmur::sweep {
namespace {

namespace fs = std::filesystem;

using Settings = std::map<std::string, std::string>;

/// A run that a sweep has made, or was to make.
struct Found {
    fs::path folder;
    Settings settings;               ///< its scenario and its options
    std::vector<std::string> order;  ///< names of these as they were given
    Outcome outcome;
};

bool is_sweep(const fs::path& folder) {
    return fs::exists(folder / kLedgerFile) || fs::exists(folder / kPlanFile);
}

/// Returns the folders of sweeps that a folder is or holds.
std::vector<fs::path> sweeps_in(const fs::path& folder) {
    if (is_sweep(folder)) {
        return {folder};
    }
    std::vector<fs::path> parts;
    if (fs::is_directory(folder)) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (part_of_folder(entry.path()) && is_sweep(entry.path())) {
                parts.push_back(entry.path());
            }
        }
    }
    if (parts.empty()) {
        throw std::invalid_argument(fmt::format(
            "sweep merge: {} holds neither sweep.json nor folders part-I-of-N", folder.string()));
    }
    std::ranges::sort(parts);
    return parts;
}

/// How runs ended, as their sweep has written it: which signal killed one, and what it said last,
/// nobody knows but who has started it.
class WrittenEnds {
  public:
    explicit WrittenEnds(const fs::path& sweep) {
        std::ifstream file(sweep / "sweep.csv");
        CsvReader reader(file);
        if (!reader.next()) {
            return;
        }
        const std::vector<std::string> header = reader.cells();
        const auto column = [&header](std::string_view name) {
            return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
        };
        const std::size_t status = column("status");
        const std::size_t exit_code = column("exit_code");
        const std::size_t error = column("error");
        if (std::max({status, exit_code, error}) == header.size()) {
            return;
        }
        while (reader.next()) {
            const std::vector<std::string>& cells = reader.cells();
            if (cells.size() == header.size()) {
                ends_[cells.front()] = {
                    .status = cells[status], .exit_code = cells[exit_code], .error = cells[error]};
            }
        }
    }

    /// Adds to what a run's own files tell of it.
    void add_to(const std::string& run, const fs::path& folder, Outcome& outcome) const {
        const auto found = ends_.find(run);
        if (found == ends_.end()) {
            return;
        }
        const End& end = found->second;
        if (end.status == "pending") {
            if (!fs::exists(folder / "summary.json")) {
                outcome = Outcome{};  // goes on just now, or was cut off with its sweep
            }
        } else if (end.status != "complete" || outcome.is_complete()) {
            outcome.status = end.status;
            outcome.error = end.error;
            outcome.exit_code = parse_number<int>(end.exit_code);
        }
    }

  private:
    struct End {
        std::string status;
        std::string exit_code;
        std::string error;
    };
    std::map<std::string, End> ends_;
};

Found describe(const fs::path& folder, const std::vector<std::string>& words) {
    Found run{.folder = folder, .settings = {}, .order = {}, .outcome = {}};
    const auto set = [&run](const std::string& name, const std::string& value) {
        run.settings[name] = value;
        run.order.push_back(name);
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (!word.starts_with("--")) {
            // Before the options: the scenario, and its revision where it tells one.
            set(i == 0 ? "scenario" : "revision", word);
            continue;
        }
        const auto equals = word.find('=');
        // Unlike an option that was not given, a flag has a value.
        set(word.substr(2, equals - 2),
            equals == std::string::npos ? "true" : word.substr(equals + 1));
    }
    return run;
}

std::vector<Found> runs_of(const fs::path& sweep) {
    const Commands made = read_commands(sweep / kLedgerFile);
    Commands all = read_commands(sweep / kPlanFile);
    // Those of an earlier plan stand in the same folder.
    all.insert(made.begin(), made.end());
    const WrittenEnds ends(sweep);
    std::vector<Found> runs;
    for (const auto& [name, words] : all) {
        Found run = describe(sweep / name, words);
        const auto begun = made.find(name);
        // Where it has begun with other options, these are the results of others, too.
        if (begun != made.end() && begun->second == words) {
            run.outcome = read_outcome(run.folder);
            ends.add_to(name, run.folder, run.outcome);
        }
        runs.push_back(std::move(run));
    }
    return runs;
}

/// Returns which parts are missing beside those that are there.
std::vector<std::string> missing_parts(const std::vector<fs::path>& sweeps) {
    std::map<std::pair<fs::path, std::size_t>, std::set<std::size_t>> there;
    for (const fs::path& sweep : sweeps) {
        const fs::path path = fs::weakly_canonical(sweep);
        if (const auto part = part_of_folder(path)) {
            there[{path.parent_path(), part->count}].insert(part->number);
        }
    }
    std::vector<std::string> missing;
    for (const auto& [parts, numbers] : there) {
        for (std::size_t number = 1; number <= parts.second; ++number) {
            if (!numbers.contains(number)) {
                missing.push_back(fmt::format("part-{}-of-{}", number, parts.second));
            }
        }
    }
    return missing;
}

/// Says which parts are missing, a few of them by name.
std::string missing_text(const std::vector<std::string>& missing) {
    constexpr std::size_t kMostNamed = 10;
    if (missing.empty()) {
        return "";
    }
    const std::size_t named = std::min(missing.size(), kMostNamed);
    const std::size_t others = missing.size() - named;
    return fmt::format(
        "; missing: {}{}",
        fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(named), ", "),
        others == 0 ? "" : fmt::format(" and {} more", others));
}

/// Returns the settings that not all runs have alike, in the order in which they were given.
std::vector<std::string> varying(const std::vector<Found>& runs) {
    std::vector<std::string> names;
    for (const Found& run : runs) {
        for (const std::string& name : run.order) {
            if (std::ranges::find(names, name) == names.end()) {
                names.push_back(name);
            }
        }
    }
    std::erase_if(names, [&](const std::string& name) {
        std::set<std::string> values;
        for (const Found& run : runs) {
            const auto found = run.settings.find(name);
            values.insert(found == run.settings.end() ? "" : found->second);
        }
        return values.size() < 2;
    });
    return names;
}

}  // namespace

Merged merge(const std::vector<fs::path>& folders, fs::path out) {
    if (folders.empty()) {
        throw std::invalid_argument(
            "sweep merge: which folders? usage: sweep merge DIR... [--out=DIR]");
    }
    std::vector<Found> runs;
    std::vector<fs::path> all_sweeps;
    for (const fs::path& folder : folders) {
        const std::vector<fs::path> sweeps = sweeps_in(folder);
        all_sweeps.insert(all_sweeps.end(), sweeps.begin(), sweeps.end());
        const bool is_of_parts = sweeps.front() != folder;
        if (out.empty() && folders.size() == 1 && is_of_parts) {
            out = folder;
        }
        for (const fs::path& sweep : sweeps) {
            std::ranges::move(runs_of(sweep), std::back_inserter(runs));
        }
    }
    if (out.empty()) {
        throw std::invalid_argument("sweep merge: --out=DIR is missing: the folder of the tables");
    }
    Plan plan;
    plan.varied = varying(runs);
    // In the order of their settings: numbers as numbers.
    std::ranges::stable_sort(runs, {}, [&](const Found& run) {
        std::vector<std::pair<double, std::string>> key;
        for (const std::string& name : plan.varied) {
            const auto found = run.settings.find(name);
            const std::string value = found == run.settings.end() ? "" : found->second;
            key.emplace_back(std::strtod(value.c_str(), nullptr), value);
        }
        return key;
    });
    std::vector<Outcome> outcomes;
    std::size_t twice = 0;
    for (Found& run : runs) {
        Run entry;
        entry.folder = fs::relative(run.folder, out).string();
        for (const std::string& name : plan.varied) {
            const auto found = run.settings.find(name);
            entry.varied.push_back(found == run.settings.end() ? "" : found->second);
        }
        Outcome& outcome = run.outcome;
        if (!plan.runs.empty() && plan.runs.back().varied == entry.varied) {
            // Two sweeps had the same run: one that is complete counts.
            ++twice;
            if (outcomes.back().is_complete() || !outcome.is_complete()) {
                continue;
            }
            plan.runs.pop_back();
            outcomes.pop_back();
        }
        plan.runs.push_back(std::move(entry));
        outcomes.push_back(std::move(outcome));
    }
    fs::create_directories(out);
    write_tables(plan, outcomes, out);
    replace_file(out / "sweep-rounds.csv", rounds_table(plan, outcomes));
    const auto complete = std::ranges::count_if(outcomes, &Outcome::is_complete);
    const std::vector<std::string> missing = missing_parts(all_sweeps);
    return {.line = fmt::format("{}: {} runs, {} complete{}{}",
                                (out / "sweep.csv").string(),
                                plan.runs.size(),
                                complete,
                                twice == 0 ? "" : fmt::format(", {} more were there twice", twice),
                                missing_text(missing)),
            .is_complete = missing.empty() && std::ranges::all_of(outcomes, &Outcome::is_complete)};
}

}  // namespace murmur::sweep
