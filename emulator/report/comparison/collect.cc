#include "emulator/report/comparison/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur::compare {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& folder) {
    return fs::exists(folder / "experiment.json");
}

/// Returns the folders in a folder, by name.
std::vector<fs::path> folders_in(const fs::path& folder) {
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory()) {
            inside.push_back(entry.path());
        }
    }
    std::ranges::sort(inside);
    return inside;
}

/// Returns the runs that a folder is or holds, two levels down at most: parts of a sweep hold runs.
std::vector<fs::path> runs_in(const fs::path& folder) {
    if (!fs::is_directory(folder)) {
        throw std::invalid_argument(fmt::format("compare: {} is no folder", folder.string()));
    }
    if (is_run(folder)) {
        return {folder};
    }
    std::vector<fs::path> runs;
    for (const fs::path& inside : folders_in(folder)) {
        if (is_run(inside)) {
            runs.push_back(inside);
            continue;
        }
        for (const fs::path& deeper : folders_in(inside)) {
            if (is_run(deeper)) {
                runs.push_back(deeper);
            }
        }
    }
    if (runs.empty()) {
        throw std::invalid_argument(
            fmt::format("compare: {} holds no run (no experiment.json)", folder.string()));
    }
    return runs;
}

/// Returns the nearest folder that is or holds all of these: names below it are unambiguous.
fs::path common_of(const std::vector<fs::path>& folders) {
    fs::path common = fs::weakly_canonical(folders.front());
    for (const fs::path& folder : folders) {
        const fs::path whole = fs::weakly_canonical(folder);
        const auto end = std::ranges::mismatch(common, whole).in1;
        fs::path shared;
        for (auto part = common.begin(); part != end; ++part) {
            shared /= *part;
        }
        common = shared;
    }
    return common;
}

}  // namespace

std::vector<Member> collect(const std::vector<fs::path>& folders, std::vector<std::string>& notes) {
    std::vector<Member> members;
    const fs::path common = folders.empty() ? fs::path() : common_of(folders);
    for (const fs::path& folder : folders) {
        for (const fs::path& path : runs_in(folder)) {
            std::string name = fs::relative(path, common).string();
            if (name == ".") {
                name = common.filename().string();
            }
            report::RunFolder run;
            try {
                run = report::read_run_folder(path);
            } catch (const std::runtime_error& error) {
                // One damaged file must not keep the other runs from their comparison.
                notes.push_back(fmt::format("{}: {}; it is left out", name, error.what()));
                continue;
            }
            if (run.rounds.is_empty() || !run.experiment) {
                notes.push_back(fmt::format("{}: has finished no round and is left out", name));
                continue;
            }
            members.push_back({std::move(name), std::move(run)});
        }
    }
    if (members.empty()) {
        throw std::invalid_argument(fmt::format("compare: no run has finished a round{}{}",
                                                notes.empty() ? "" : ": ",
                                                notes.empty() ? "" : notes.front()));
    }
    return members;
}

}  // namespace murmur::compare
