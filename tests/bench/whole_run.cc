// What a run costs beside its learning, and how much memory a thousand nodes take.  Runs the
// `dpsgd` scenario in processes of its own and reads the operating system's account of each.
//
// Goals: CPU of the whole process / CPU of its learning tasks <= 1.05; wall x workers / CPU of
// learning <= 1.10 on idle cores; peak RSS of 1,024 nodes <= 2.0 GB over ideal, <= 3.0 GB over tcp.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <vector>

extern char** environ;

namespace {

namespace fs = std::filesystem;

struct Cost {
    double cpu_s;
    double wall_s;
    double peak_rss_gb;
    nlohmann::json summary;
};

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// Runs `dpsgd` with these options to its end.
Cost run(const fs::path& dpsgd, const fs::path& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), dpsgd.string());
    arguments.insert(arguments.end(),
                     {"--out=" + folder.string(), "--overwrite", "--quiet", "--model=gn-lenet"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    const auto begin = std::chrono::steady_clock::now();
    pid_t child = 0;
    if (posix_spawn(&child, dpsgd.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
        throw std::runtime_error("cannot start " + dpsgd.string());
    }
    int status = 0;
    rusage usage{};
    wait4(child, &status, 0, &usage);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    if (status != 0) {
        throw std::runtime_error(dpsgd.string() + " failed");
    }
    return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
            wall.count(),
            static_cast<double>(usage.ru_maxrss) * 1024 / 1e9,
            nlohmann::json::parse(std::ifstream(folder / "summary.json"))};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void report_overhead(const fs::path& dpsgd, const fs::path& folder) {
    constexpr int kRuns = 3;
    constexpr int kWorkers = 2;
    std::vector<double> cpu_ratios;
    std::vector<double> wall_ratios;
    for (int i = 0; i < kRuns; ++i) {
        const Cost cost = run(dpsgd,
                              folder,
                              {"--nodes=256",
                               "--rounds=20",
                               "--local-steps=3",
                               "--network=ideal",
                               "--clock=modelled:2ms",
                               "--eval-every=20",
                               "--eval-samples=100",
                               fmt::format("--workers={}", kWorkers)});
        const double learning = cost.summary["learning_cpu_s"];
        cpu_ratios.push_back(cost.cpu_s / learning);
        wall_ratios.push_back(cost.wall_s * kWorkers / learning);
        fmt::print("  run {}: {:.1f} s CPU, {:.1f} s of learning, {:.1f} s wall\n",
                   i + 1,
                   cost.cpu_s,
                   learning,
                   cost.wall_s);
    }
    fmt::print("256 nodes over ideal, medians of {} runs\n", kRuns);
    fmt::print("  CPU / CPU of learning             {:.3f}  (goal <= 1.05)\n", median(cpu_ratios));
    fmt::print("  wall x {} workers / CPU of learning {:.3f}  (goal <= 1.10 on idle cores)\n",
               kWorkers,
               median(wall_ratios));
}

void report_memory(const fs::path& dpsgd, const fs::path& folder) {
    for (const auto& [network, rounds, goal] :
         {std::tuple("ideal", 3, 2.0), std::tuple("tcp", 1, 3.0)}) {
        const Cost cost = run(dpsgd,
                              folder,
                              {"--nodes=1024",
                               fmt::format("--rounds={}", rounds),
                               "--local-steps=1",
                               fmt::format("--network={}", network),
                               "--clock=modelled:2ms",
                               "--eval-every=100",
                               "--eval-nodes=2",
                               "--eval-samples=100",
                               "--workers=2"});
        fmt::print("1,024 nodes over {}: peak RSS {:.2f} GB  (goal <= {:.1f}); {:.0f} s CPU\n",
                   network,
                   cost.peak_rss_gb,
                   goal,
                   cost.cpu_s);
    }
}

}  // namespace

int main(int /*argc*/, char** argv) {
    const fs::path dpsgd = fs::path(argv[0]).parent_path() / "dpsgd";
    std::string folder = (fs::temp_directory_path() / "bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) {
        fmt::print(stderr, "cannot create a folder for results\n");
        return EXIT_FAILURE;
    }
    int status = EXIT_SUCCESS;
    try {
        report_overhead(dpsgd, folder);
        report_memory(dpsgd, folder);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        status = EXIT_FAILURE;
    }
    fs::remove_all(folder);
    return status;
}
