// What a run costs beside its learning, and how much memory a thousand nodes take.  Runs the
// `dpsgd` scenario in processes of its own and reads the operating system's account of each.
//
// Goals: CPU of the whole process / CPU of its learning tasks <= 1.05; wall x workers / CPU of
// learning <= 1.10 on idle cores; peak RSS of 1,024 nodes <= 2.0 GB over ideal, <= 3.0 GB over tcp.

#include "tests/bench/child_process.h"
#include "tests/bench/distribution.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace murmur::bench;

/// Runs `dpsgd` with these options to its end.
ProcessCost run(const fs::path& dpsgd, const fs::path& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--out=" + folder.string(), "--overwrite", "--quiet", "--model=gn-lenet"});
    return run_process(dpsgd, std::move(arguments));
}

/// CPU time of the last run's learning tasks.
double learning_cpu_s(const fs::path& folder) {
    return nlohmann::json::parse(std::ifstream(folder / "summary.json"))["learning_cpu_s"];
}

void report_overhead(const fs::path& dpsgd, const fs::path& folder) {
    constexpr int kRuns = 3;
    constexpr int kWorkers = 2;
    std::vector<double> cpu_ratios;
    std::vector<double> wall_ratios;
    for (int i = 0; i < kRuns; ++i) {
        const ProcessCost cost = run(dpsgd,
                                     folder,
                                     {"--nodes=256",
                                      "--rounds=20",
                                      "--local-steps=3",
                                      "--network=ideal",
                                      "--clock=modelled:2ms",
                                      "--eval-every=20",
                                      "--eval-samples=100",
                                      fmt::format("--workers={}", kWorkers)});
        const double learning = learning_cpu_s(folder);
        cpu_ratios.push_back(cost.cpu_s / learning);
        wall_ratios.push_back(cost.wall_s * kWorkers / learning);
        fmt::print("  run {}: {:.1f} s CPU, {:.1f} s of learning, {:.1f} s wall\n",
                   i + 1,
                   cost.cpu_s,
                   learning,
                   cost.wall_s);
    }
    fmt::print("256 nodes over ideal, medians of {} runs\n", kRuns);
    fmt::print("  CPU / CPU of learning             {:.3f}  (goal <= 1.05)\n",
               summarize(cpu_ratios).median);
    fmt::print("  wall x {} workers / CPU of learning {:.3f}  (goal <= 1.10 on idle cores)\n",
               kWorkers,
               summarize(wall_ratios).median);
}

void report_memory(const fs::path& dpsgd, const fs::path& folder) {
    for (const auto& [network, rounds, goal] :
         {std::tuple("ideal", 3, 2.0), std::tuple("tcp", 1, 3.0)}) {
        const ProcessCost cost = run(dpsgd,
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
    try {
        const TemporaryFolder folder;
        report_overhead(dpsgd, folder.path());
        report_memory(dpsgd, folder.path());
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
