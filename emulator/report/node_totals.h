#pragma once

#include "emulator/report/run_folder.h"

#include <cstdint>
#include <vector>

namespace murmur::report {

/// Totals of one node at the end of the run, or at its last evaluation where the run has no
/// nodes.csv; NaN where unknown.
struct NodeTotal {
    std::uint32_t node = 0;
    double compute_s = 0;
    double communication_s = 0;
    double idle_s = 0;
    double bytes_sent = 0;
    double bytes_received = 0;
    double uplink_bps = 0;
    double downlink_bps = 0;
    double test_accuracy = 0;  ///< of the last evaluation that has one
};

/// Returns the totals of all nodes that the run knows of, by ascending node.
[[nodiscard]] std::vector<NodeTotal> node_totals(const RunFolder& run);

/// Returns the simulated seconds that the run covered as far as its files tell; 0 if they do not.
[[nodiscard]] double simulated_seconds(const RunFolder& run);

}  // namespace murmur::report
