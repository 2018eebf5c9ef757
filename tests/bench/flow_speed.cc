// How fast the flow-level network is, beside SimGrid (its default model, LV08) and beside a naive
// max-min solver.  Each simulator is a process of its own and carries the messages of the same job
// file; printed are its CPU time, and how far its completion times are from ours.
//
// Goals: like links, 3, 6 and 25 x SimGrid; unlike links, 5 and 15 x the naive solver; a server
// with 10,000 clients: a message within 2 x of what it costs with 100.

#include "tests/bench/child_process.h"
#include "tests/bench/distribution.h"
#include "tests/bench/job.h"
#include "tests/support/temporary_folder.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace murmur::bench;

/// A program that takes a job file, a file for its result, and options.
struct Simulator {
    std::string name;
    std::string program;
    std::vector<std::string> options;
};

struct NamedJob {
    std::string name;
    std::string goal;
    Job job;
};

/// One run of a simulator.
struct Run {
    double process_cpu_s;
    JobResult result;
};

/// Ours comes first.
std::vector<Simulator> simulators(const std::string& fidelity) {
    return {{fidelity, "carry-job", {fidelity}},
            {"SimGrid", "peer-simgrid", {}},
            // To the same result; faster than the default, lazy updates, where many links change.
            {"SimGrid, full", "peer-simgrid", {"--cfg=network/optim:Full"}},
            {"naive max-min", "peer-max-min", {}}};
}

std::vector<NamedJob> jobs() {
    std::vector<NamedJob> all;
    for (const std::uint32_t num_nodes : {256, 1024, 4096}) {
        all.push_back({fmt::format("like links, {} nodes", num_nodes),
                       num_nodes == 256    ? "3 x SimGrid"
                       : num_nodes == 1024 ? "6 x SimGrid"
                                           : "25 x SimGrid",
                       like_links_job(num_nodes)});
    }
    for (const auto& [num_nodes, goal] :
         {std::pair{1000U, "5 x the naive solver"}, std::pair{4000U, "15 x the naive solver"}}) {
        all.push_back({fmt::format("unlike links, {} nodes", num_nodes),
                       goal,
                       unlike_links_job({.num_nodes = num_nodes}, 1)});
    }
    // What a message costs must not grow with the clients of a server.
    for (const std::uint32_t num_clients : {100, 10'000}) {
        all.push_back({fmt::format("a server, {} clients", num_clients),
                       "with 10,000 within 2 x of what a message costs with 100",
                       server_job(num_clients)});
    }
    return all;
}

/// Runs simulators in processes of their own.
class Race {
  public:
    Race(fs::path programs, unsigned max_cpu_s)
        : programs_(std::move(programs)), max_cpu_s_(max_cpu_s) {}

    [[nodiscard]] bool has(const Simulator& simulator) const {
        return fs::exists(programs_ / simulator.program);
    }

    /// Returns the run of median cost out of three, or less if they are long; nothing if the
    /// simulator took too much time.
    std::optional<Run> run(const Simulator& simulator, const Job& job) {
        const std::string job_file = folder_.path() / "job";
        const std::string result_file = folder_.path() / "result";
        write_job(job, job_file);
        std::vector<std::string> arguments = {job_file, result_file};
        arguments.insert(arguments.end(), simulator.options.begin(), simulator.options.end());
        std::vector<Run> runs;
        for (double spent_s = 0; runs.size() < 3 && spent_s < kEnoughSeconds;) {
            const ProcessCost cost =
                run_process(programs_ / simulator.program, arguments, max_cpu_s_);
            if (!cost.in_time) {
                return std::nullopt;
            }
            spent_s += cost.cpu_s;
            runs.push_back({cost.cpu_s, read_result(result_file)});
        }
        std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
            return a.result.cpu_s < b.result.cpu_s;
        });
        return runs[runs.size() / 2];
    }

  private:
    static constexpr double kEnoughSeconds = 10;

    fs::path programs_;
    unsigned max_cpu_s_;
    murmur::test::TemporaryFolder folder_;
};

void print_row(const Simulator& simulator, const Run& run, const Run& ours) {
    const auto num_messages = static_cast<double>(run.result.arrived_s.size());
    std::vector<double> differences;
    for (std::size_t message = 0; message < run.result.arrived_s.size(); ++message) {
        const double ours_s = ours.result.arrived_s[message];
        differences.push_back(std::abs(run.result.arrived_s[message] / ours_s - 1));
    }
    const Distribution difference = summarize(differences);
    fmt::print("  {:14}{:>9.3f} s {:>9.3f} s {:>11.0f} {:>8.1f} {:>8.1f}% {:>8.1f}% {:>8.1f}%\n",
               simulator.name,
               run.result.cpu_s,
               run.process_cpu_s,
               num_messages / run.result.cpu_s,
               run.result.cpu_s / ours.result.cpu_s,
               100 * difference.median,
               100 * difference.p90,
               100 * difference.max);
    std::fflush(stdout);
}

/// Returns our CPU time per message.
double compare(Race& race, const std::vector<Simulator>& simulators, const NamedJob& job) {
    fmt::print("\n{}, {} messages; goal: {}\n", job.name, job.job.messages.size(), job.goal);
    fmt::print("  {:14}{:>11} {:>11} {:>11} {:>8} {:>29}\n",
               "",
               "simulation",
               "process",
               "messages/s",
               "x ours",
               "times differ: median, p90, max");
    const std::optional<Run> ours = race.run(simulators.front(), job.job);
    if (!ours) {
        throw std::runtime_error(simulators.front().name + " took longer than --limit");
    }
    print_row(simulators.front(), *ours, *ours);
    for (auto peer = simulators.begin() + 1; peer != simulators.end(); ++peer) {
        if (!race.has(*peer)) {
            fmt::print("  {:14} not built\n", peer->name);
        } else if (const std::optional<Run> run = race.run(*peer, job.job)) {
            print_row(*peer, *run, *ours);
        } else {
            fmt::print("  {:14} took longer than --limit\n", peer->name);
        }
    }
    return ours->result.cpu_s / static_cast<double>(job.job.messages.size());
}

void race_all(const fs::path& programs,
              const std::string& fidelity,
              const std::string& filter,
              unsigned max_cpu_s) {
    Race race(programs, max_cpu_s);
    fmt::print(
        "CPU time; messages per CPU second of the simulation; "
        "completion times against ours\n");
    for (const NamedJob& job : jobs()) {
        if (job.name.find(filter) != std::string::npos) {
            const double cost_s = compare(race, simulators(fidelity), job);
            fmt::print("  ours: {:.1f} us per message\n", 1e6 * cost_s);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::string fidelity = "flow";
    std::string filter;
    unsigned max_cpu_s = 120;
    CLI::App app("How fast the flow-level network is", "bench-flow-speed");
    app.add_option("--fidelity", fidelity, "ours [flow]");
    app.add_option("--job", filter, "only jobs whose name contains this");
    app.add_option("--limit", max_cpu_s, "CPU seconds after which a simulator is stopped [120]");
    CLI11_PARSE(app, argc, argv);
    try {
        race_all(fs::path(argv[0]).parent_path(), fidelity, filter, max_cpu_s);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
