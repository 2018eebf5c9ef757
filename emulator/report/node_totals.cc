#include "emulator/report/node_totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace murmur::report {

namespace {

constexpr double kLargestNode = 1e8;

std::uint32_t node_of(double value, const char* file, std::size_t row) {
    if (!(value >= 0 && value < kLargestNode && value == std::floor(value))) {
        // Row 0 stands on line 2, under the header.
        throw std::runtime_error(
            fmt::format("{}:{}: column node: not a node number, got {}", file, row + 2, value));
    }
    return static_cast<std::uint32_t>(value);
}

// Rows are in order of simulated time: the last one of a node wins.
std::map<std::uint32_t, NodeTotal> totals_from_metrics(const CsvTable& metrics) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    std::map<std::uint32_t, NodeTotal> totals;
    for (std::size_t row = 0; row < metrics.rows(); ++row) {
        const std::uint32_t node = node_of(metrics["node"][row], "metrics.csv", row);
        const auto before = totals.find(node);
        double accuracy = metrics["test_accuracy"][row];
        if (std::isnan(accuracy) && before != totals.end()) {
            accuracy = before->second.test_accuracy;
        }
        totals[node] = {.node = node,
                        .compute_s = metrics["compute_s"][row],
                        .communication_s = metrics["communication_s"][row],
                        .idle_s = metrics["idle_s"][row],
                        .bytes_sent = metrics["bytes_sent"][row],
                        .bytes_received = metrics["bytes_received"][row],
                        .uplink_bps = kUnknown,
                        .downlink_bps = kUnknown,
                        .test_accuracy = accuracy};
    }
    return totals;
}

}  // namespace

std::vector<NodeTotal> node_totals(const RunFolder& run) {
    std::map<std::uint32_t, NodeTotal> totals = totals_from_metrics(run.metrics);
    const CsvTable& nodes = run.nodes;
    for (std::size_t row = 0; row < nodes.rows(); ++row) {
        const std::uint32_t node = node_of(nodes["node"][row], "nodes.csv", row);
        const auto before = totals.find(node);
        const double accuracy = before == totals.end() ? std::numeric_limits<double>::quiet_NaN()
                                                       : before->second.test_accuracy;
        totals[node] = {.node = node,
                        .compute_s = nodes["compute_s"][row],
                        .communication_s = nodes["communication_s"][row],
                        .idle_s = nodes["idle_s"][row],
                        .bytes_sent = nodes["bytes_sent"][row],
                        .bytes_received = nodes["bytes_received"][row],
                        .uplink_bps = nodes["uplink_bps"][row],
                        .downlink_bps = nodes["downlink_bps"][row],
                        .test_accuracy = accuracy};
    }
    std::vector<NodeTotal> list;
    for (const auto& [node, total] : totals) {
        list.push_back(total);
    }
    return list;
}

double simulated_seconds(const RunFolder& run) {
    if (run.summary) {
        if (const auto seconds = run.summary->figure("simulated_s")) {
            return *seconds;
        }
    }
    double last = 0;
    for (const double time : run.rounds["sim_time_max_s"]) {
        last = std::max(last, std::isfinite(time) ? time : 0);
    }
    for (const double time : run.metrics["sim_time_s"]) {
        last = std::max(last, std::isfinite(time) ? time : 0);
    }
    return last;
}

}  // namespace murmur::report
