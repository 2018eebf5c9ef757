#include "tests/reality/measure.h"

#include "tests/reality/real_traffic.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace murmur::reality {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostLateness = 0.005;  // of a packet: more, and the run is not that of its links

struct RealRun {
    std::vector<double> seconds;
    std::uint64_t retransmissions = 0;
    std::uint64_t drops = 0;
    double lateness_s = 0;

    [[nodiscard]] double last() const { return *std::max_element(seconds.begin(), seconds.end()); }
};

RealRun run_here(const RealityJob& job, std::uint64_t seed) {
    const RealHosts hosts(job);
    RealRelay relay(hosts, job, seed);
    const Outcome outcome = send_for_real(hosts, job, relay);
    const RelayCounts counts = relay.stop();
    return {outcome.seconds,
            outcome.retransmissions,
            counts.drops + counts.losses,
            counts.worst_lateness_s};
}

/// Runs a job once, in a process of its own, which takes its namespaces with it.
/// @return nothing if it failed
std::optional<RealRun> run_once(const RealityJob& job, std::uint64_t seed) {
    std::FILE* const results = std::tmpfile();
    if (results == nullptr) {
        throw std::runtime_error("cannot make a temporary file");
    }
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        int status = EXIT_FAILURE;
        try {
            const RealRun run = run_here(job, seed);
            const Json json{{"seconds", run.seconds},
                            {"retransmissions", run.retransmissions},
                            {"drops", run.drops},
                            {"lateness", run.lateness_s}};
            std::fputs(json.dump().c_str(), results);
            std::fflush(results);
            status = EXIT_SUCCESS;
        } catch (const std::exception& error) {
            fmt::print(stderr, "  {}\n", error.what());
        }
        _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::optional<RealRun> run;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        std::rewind(results);
        const Json json = Json::parse(results);
        run = RealRun{json.at("seconds").get<std::vector<double>>(),
                      json.at("retransmissions").get<std::uint64_t>(),
                      json.at("drops").get<std::uint64_t>(),
                      json.at("lateness").get<double>()};
    }
    std::fclose(results);
    return run;
}

std::string kernel() {
    utsname name{};
    return uname(&name) == 0 ? name.release : "unknown";
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d", &utc);
    return text.data();
}

Json entry_of(const RealityJob& job, const std::vector<RealRun>& runs) {
    Json hosts = Json::array();
    for (const HostLinks& host : job.hosts) {
        hosts.push_back({host.up_bps, host.down_bps, host.latency_ns});
    }
    std::vector<double> medians;
    for (std::size_t index = 0; index < runs[0].seconds.size(); ++index) {
        std::vector<double> values;
        for (const RealRun& run : runs) {
            values.push_back(run.seconds[index]);
        }
        medians.push_back(median(values));
    }
    Json lasts = Json::array();
    Json drops = Json::array();
    Json resent = Json::array();
    for (const RealRun& run : runs) {
        lasts.push_back(run.last());
        drops.push_back(run.drops);
        resent.push_back(run.retransmissions);
    }
    return {{"nodes_up_down_bps_latency_ns", hosts},
            {job.rounds > 1 ? "real_seconds_by_round" : "real_seconds_by_message", medians},
            {"runs", runs.size()},
            {"last_by_run", lasts},
            {"drops", drops},
            {"retransmissions", resent},
            {"kernel", kernel()},
            {"date", today()}};
}

/// The runs that are close to the median one; nothing if they are less than asked for.
std::vector<RealRun> that_repeat(const std::vector<RealRun>& runs, const MeasureOptions& options) {
    std::vector<double> lasts;
    for (const RealRun& run : runs) {
        lasts.push_back(run.last());
    }
    if (lasts.empty()) {
        return {};
    }
    const double middle = median(lasts);
    std::vector<RealRun> close;
    for (const RealRun& run : runs) {
        if (std::abs(run.last() / middle - 1) <= options.tolerance) {
            close.push_back(run);
        }
    }
    return close.size() >= options.runs ? close : std::vector<RealRun>{};
}

std::vector<RealRun> measure_one(const RealityJob& job, const MeasureOptions& options) {
    std::vector<RealRun> runs;
    // Chance decides what is lost: runs differ by it, and all of them count.
    const bool is_by_chance = job.is_by_chance();
    for (std::uint64_t attempt = 0; attempt < 4 * options.runs; ++attempt) {
        const std::optional<RealRun> run = run_once(job, attempt);
        if (!run || run->lateness_s > kMostLateness) {
            fmt::print("  {:10} {}\n",
                       "rejected",
                       run ? fmt::format("a packet was {:.1f} ms late", 1e3 * run->lateness_s)
                           : "it failed");
            continue;
        }
        fmt::print(
            "  {:10.4f} {} drops, {} resent\n", run->last(), run->drops, run->retransmissions);
        std::fflush(stdout);
        runs.push_back(*run);
        if (is_by_chance) {
            if (runs.size() == options.runs) {
                return runs;
            }
        } else if (const auto close = that_repeat(runs, options); !close.empty()) {
            return close;
        }
    }
    return {};
}

Json read_json(const std::string& path) {
    if (path.empty() || !std::filesystem::exists(path)) {
        return Json::object();
    }
    std::ifstream file(path);
    try {
        return Json::parse(file);
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
    }
}

}  // namespace

std::string why_not_measure() {
    if (geteuid() != 0) {
        return "network namespaces need root";
    }
    const pid_t child = fork();
    if (child == 0) {
        try {
            RealityJob job = build_job("single:1:1:1");
            const RealHosts hosts(job);
        } catch (const std::exception&) {
            _exit(EXIT_FAILURE);
        }
        _exit(EXIT_SUCCESS);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS
               ? ""
               : "this system does not let us make network namespaces with tun interfaces";
}

std::vector<std::string> measure(const std::vector<std::string>& names,
                                 const MeasureOptions& options) {
    std::vector<RealityJob> jobs;
    for (const std::string& name : names) {
        jobs.push_back(build_job(name));
    }
    Json all = read_json(options.out);
    std::vector<std::string> unrepeated;
    for (const RealityJob& job : jobs) {
        fmt::print("{}\n", job.name);
        const std::vector<RealRun> runs = measure_one(job, options);
        if (runs.empty()) {
            fmt::print("  does not repeat within {:.0f} %\n", 100 * options.tolerance);
            unrepeated.push_back(job.name);
            continue;
        }
        all[job.name] = entry_of(job, runs);
        if (!options.out.empty()) {
            std::ofstream file(options.out);
            if (!(file << all.dump(1) << '\n' << std::flush)) {
                throw std::runtime_error(options.out + ": cannot be written");
            }
        }
    }
    return unrepeated;
}

}  // namespace murmur::reality
