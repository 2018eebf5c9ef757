// Makes report.html of run folders again from their files: report RUN_FOLDER...

#include "emulator/base/standard_streams.h"
#include "emulator/report/report.h"

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace {

constexpr std::string_view kUsage =
    "usage: report RUN_FOLDER...\n"
    "Writes report.html into each folder, from the files that the run left there.\n";

constexpr int kFailure = 1;
constexpr int kWrongUse = 2;

int make_report(const std::filesystem::path& folder) {
    try {
        murmur::write_report(folder);
        murmur::say(stdout, "{}\n", (folder / "report.html").string());
        return 0;
    } catch (const std::invalid_argument& error) {
        murmur::say(stderr, "{}\n", error.what());
        return kWrongUse;
    } catch (const std::exception& error) {
        murmur::say(stderr, "report: {}: {}\n", folder.string(), error.what());
        return kFailure;
    }
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    if (argc == 2 && std::string_view(argv[1]) == "--help") {
        murmur::say(stdout, "{}", kUsage);
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-') {
        murmur::say(stderr, "{}", kUsage);
        return kWrongUse;
    }
    int status = 0;
    for (int i = 1; i < argc; ++i) {
        // One broken folder must not keep the others from their report.
        const int result = make_report(argv[i]);
        status = status == 0 ? result : status;
    }
    return status;
}
