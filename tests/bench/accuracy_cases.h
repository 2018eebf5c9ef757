#pragma once

#include "tests/bench/job.h"

#include "ns3/underlay.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace murmur::bench {

/// One point of the grid: a network, and messages that both fidelities carry over it.
struct AccuracyCase {
    /// What shape the traffic has; errors are summarized per pattern.
    std::string pattern;
    /// The pattern and all parameters: two cases of the same name are the same. No comma in it.
    std::string name;
    /// Makes the network, anew for each run.
    std::function<ns3::Ptr<ns3::murmuration::Underlay>()> make_underlay;
    std::vector<JobMessage> messages;
};

/// Returns all content of a case; what TCP costs is nearly proportional to it.
[[nodiscard]] std::uint64_t total_bytes(const AccuracyCase& accuracy_case);

/// A round in which each of 32 nodes exchanges messages with 6 neighbors at 100 Mbps.
[[nodiscard]] AccuracyCase round_of_32(std::uint64_t size_bytes, std::int64_t latency_ns);

/// 100 unlike nodes with 6 random peers each, messages of 360 kB (see UnlikeLinks).
[[nodiscard]] AccuracyCase unlike_100(std::uint64_t seed);

/// The grid: 10 kB to 50 MB, 1 Mbps to 1 Gbps, round trips of 1 to 300 ms, 1 to 64 messages at a
/// time, over all patterns.
[[nodiscard]] std::vector<AccuracyCase> accuracy_grid();

}  // namespace murmur::bench
