#include "tools/sweep/merge.h"

#include "tools/sweep/tables.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

namespace murmur::sweep {
namespace {

namespace fs = std::filesystem;

using Settings = std::map<std::string, std::string>;

/// A run that a ledger names.
struct Found {
    fs::path folder;
    Settings settings;               ///< its scenario and its options
    std::vector<std::string> order;  ///< names of these as they were given
};

/// Returns the folders of sweeps that a folder is or holds.
std::vector<fs::path> sweeps_in(const fs::path& folder) {
    if (fs::exists(folder / "sweep.json")) {
        return {folder};
    }
    std::vector<fs::path> parts;
    if (fs::is_directory(folder)) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path().filename().string().starts_with("part-") &&
                fs::exists(entry.path() / "sweep.json")) {
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

std::vector<Found> runs_of(const fs::path& sweep) {
    std::ifstream stream(sweep / "sweep.json");
    std::map<std::string, std::vector<std::string>> commands;
    try {
        nlohmann::json::parse(stream).get_to(commands);
    } catch (const nlohmann::json::exception& error) {
        throw std::invalid_argument(fmt::format("sweep merge: {} was not written by a sweep: {}",
                                                (sweep / "sweep.json").string(),
                                                error.what()));
    }
    std::vector<Found> runs;
    for (const auto& [folder, words] : commands) {
        Found run{.folder = sweep / folder, .settings = {}, .order = {}};
        const auto set = [&run](const std::string& name, const std::string& value) {
            run.settings[name] = value;
            run.order.push_back(name);
        };
        // Before the options: the scenario, and its revision where it tells one.
        if (!words.empty()) {
            set("scenario", words.front());
        }
        for (const std::string& word : words) {
            if (!word.starts_with("--")) {
                continue;
            }
            const auto equals = word.find('=');
            // Unlike an option that was not given, a flag has a value.
            set(word.substr(2, equals - 2),
                equals == std::string::npos ? "true" : word.substr(equals + 1));
        }
        runs.push_back(std::move(run));
    }
    return runs;
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

std::string merge(const std::vector<fs::path>& folders, fs::path out) {
    if (folders.empty()) {
        throw std::invalid_argument(
            "sweep merge: which folders? usage: sweep merge DIR... [--out=DIR]");
    }
    std::vector<Found> runs;
    for (const fs::path& folder : folders) {
        const std::vector<fs::path> sweeps = sweeps_in(folder);
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
    for (const Found& run : runs) {
        Run entry;
        entry.folder = fs::relative(run.folder, out).string();
        for (const std::string& name : plan.varied) {
            const auto found = run.settings.find(name);
            entry.varied.push_back(found == run.settings.end() ? "" : found->second);
        }
        Outcome outcome = read_outcome(run.folder);
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
    return fmt::format("{}: {} runs, {} complete{}",
                       (out / "sweep.csv").string(),
                       plan.runs.size(),
                       complete,
                       twice == 0 ? "" : fmt::format(", {} more were there twice", twice));
}

}  // namespace murmur::sweep
