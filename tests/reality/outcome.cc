#include "tests/reality/outcome.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace murmur::reality {

namespace {

using Json = nlohmann::ordered_json;

/// What a connection takes the thread that starts all hosts of a measurement, one behind another:
/// 25 to 42 us, by a log of two jobs (2026-11-29).
constexpr std::int64_t kConnectNs = 33'000;

Measured read_one(const std::string& name, const Json& entry) {
    Measured measured{build_job(name), {}, 0, 1};
    measured.job.hosts.clear();
    for (const Json& host : entry.at("nodes_up_down_bps_latency_ns")) {
        measured.job.hosts.push_back({host.at(0).get<std::uint64_t>(),
                                      host.at(1).get<std::uint64_t>(),
                                      host.at(2).get<std::int64_t>()});
    }
    if (entry.contains("kernel")) {
        measured.job.connect_ns = kConnectNs;
    }
    const bool has_rounds = measured.job.rounds > 1;
    measured.seconds = entry.at(has_rounds ? "real_seconds_by_round" : "real_seconds_by_message")
                           .get<std::vector<double>>();
    const std::size_t expected = has_rounds ? measured.job.rounds : measured.job.parcels.size();
    if (measured.seconds.size() != expected) {
        throw std::invalid_argument(
            fmt::format("got {} times, allowed {}", measured.seconds.size(), expected));
    }
    measured.last = *std::max_element(measured.seconds.begin(), measured.seconds.end());
    if (entry.contains("last_by_run")) {
        // The last of the messages' medians may be earlier than the last arrival of any run.
        const auto lasts = entry.at("last_by_run").get<std::vector<double>>();
        measured.last = median(lasts);
        measured.runs = measured.job.is_by_chance() ? lasts.size() : 1;
    }
    if (measured.job.hosts.size() != build_job(name).hosts.size()) {
        throw std::invalid_argument(fmt::format("got {} nodes", measured.job.hosts.size()));
    }
    return measured;
}

}  // namespace

double Outcome::last() const {
    return *std::max_element(seconds.begin(), seconds.end());
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<Measured> read_measured(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error(
            fmt::format("{}: cannot be read; name a file of measured times with --file", path));
    }
    std::vector<Measured> all;
    std::string job;
    try {
        const Json content = Json::parse(file);
        for (const auto& [name, entry] : content.items()) {
            job = name;
            all.push_back(read_one(name, entry));
        }
    } catch (const std::exception& error) {
        throw std::runtime_error(
            fmt::format("{}{}: {}", path, job.empty() ? "" : ": job '" + job + "'", error.what()));
    }
    return all;
}

}  // namespace murmur::reality
