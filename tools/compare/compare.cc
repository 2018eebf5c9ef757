// Sets runs side by side: compare FOLDER... [--out=DIR]

#include "emulator/base/standard_streams.h"
#include "emulator/report/comparison/write_comparison.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kUsage =
    "usage: compare FOLDER... [--out=DIR]\n"
    "Sets runs side by side: those of the folders, or in them, as sweeps and comparisons leave "
    "them.\n"
    "Writes compare.html and compare.csv into DIR; without it, into the one folder that holds "
    "runs.\n";

int compare(const std::vector<std::filesystem::path>& folders, std::filesystem::path out) {
    const bool is_one = folders.size() == 1 && !exists(folders.front() / "experiment.json");
    if (out.empty() && !is_one) {
        throw std::invalid_argument("compare: --out=DIR is missing: the folder of page and table");
    }
    out = out.empty() ? folders.front() : out;
    for (const std::string& note : murmur::compare::write_comparison(folders, out)) {
        murmur::say(stderr, "{}\n", note);
    }
    murmur::say(stdout, "{}\n", (out / "compare.html").string());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    std::vector<std::filesystem::path> folders;
    std::filesystem::path out;
    for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
        constexpr std::string_view kOut = "--out=";
        if (argument == "--help") {
            murmur::say(stdout, "{}", kUsage);
            return 0;
        }
        if (argument.starts_with(kOut)) {
            out = argument.substr(kOut.size());
        } else if (argument.starts_with("-")) {
            murmur::say(stderr, "compare: unknown option {}\n{}", argument, kUsage);
            return 2;
        } else {
            folders.emplace_back(argument);
        }
    }
    if (folders.empty()) {
        murmur::say(stderr, "{}", kUsage);
        return 2;
    }
    try {
        return compare(folders, std::move(out));
    } catch (const std::invalid_argument& error) {
        murmur::say(stderr, "{}\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        murmur::say(stderr, "compare: {}\n", error.what());
        return 1;
    }
}
