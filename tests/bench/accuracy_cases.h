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

/// A round in which each of 32 nodes exchanges messages with 6 neighbors at 100 Mbps, and sends to
/// them in a drawn order. (In the order of the hops around a ring, all receivers would be served in
/// turn, as by a schedule.)
[[nodiscard]] AccuracyCase round_of_32(std::uint64_t size_bytes, std::int64_t latency_ns);

/// 100 nodes that send 360 kB to 6 random peers each; rates of nodes are log-uniform between 0.3
/// and 10 MB/s, latencies of paths uniform between 2 and 100 ms.
[[nodiscard]] AccuracyCase unlike_100(std::uint64_t seed);

/// Three rounds of D-PSGD, like and unlike links: a node sends to its neighbors, in a drawn order,
/// 50 ms after the messages of all of them for the round before have arrived.
[[nodiscard]] std::vector<AccuracyCase> dpsgd_cases();

/// One message over links that change: outages in rounds 2, 3 and 5 of slow start, dips, and a new
/// rate in each tenth of a second.
[[nodiscard]] std::vector<AccuracyCase> changing_cases();

/// 48 messages over pairs of nodes whose uplinks lose packets: 8 kB to 10 MB, 0.1 to 5 %. What
/// counts is their mean.
[[nodiscard]] std::vector<AccuracyCase> lossy_cases();

/// The grid: 10 kB to 50 MB, 1 Mbps to 1 Gbps, round trips of 1 to 300 ms, 1 to 64 messages at a
/// time, over all patterns.
[[nodiscard]] std::vector<AccuracyCase> accuracy_grid();

}  // namespace murmur::bench
