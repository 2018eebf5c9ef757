#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace murmur::bench {

/// How one node is attached to a core without limits: the same rate up and down, and the latency
/// between node and core.
struct Access {
    std::uint64_t rate_bps;
    std::int64_t latency_ns;
};

/// One message. Sent at `send_ns`, or so long after the message `after`, or the last one of
/// `after_all`, has arrived.
struct JobMessage {
    std::uint32_t from;
    std::uint32_t to;
    std::uint64_t size_bytes;
    std::int64_t send_ns = 0;
    std::optional<std::uint32_t> after = std::nullopt;
    std::vector<std::uint32_t> after_all = {};
};

/// What a simulator is to carry: the latency of a path is the sum of those of its two ends.
struct Job {
    std::vector<Access> nodes;
    std::vector<JobMessage> messages;
};

/// Like links: 100 Mbps and 5 ms each; every node sends to the next five at once, 341 kB x
/// (1, 1.05 ... 1.45), one size for all its messages.
[[nodiscard]] Job like_links_job(std::uint32_t num_nodes);

/// What differs between nodes of unlike links, and what they send.
struct UnlikeLinks {
    std::uint32_t num_nodes = 100;
    std::uint32_t num_peers = 6;
    std::uint64_t size_bytes = 360'000;
    double min_rate_bps = 2.4e6;
    double max_rate_bps = 80e6;
    double min_latency_s = 0.001;  ///< Of one end of a path
    double max_latency_s = 0.050;
};

/// Unlike links: every node sends to random peers at once; rates are log-uniform, latencies
/// uniform.
[[nodiscard]] Job unlike_links_job(const UnlikeLinks& links, std::uint64_t seed);

/// A server that sends 360 kB to each of its clients at once, and each client as much to it:
/// 1 Gbps, and 5 to 50 Mbps at latencies of 5 to 50 ms.
[[nodiscard]] Job server_job(std::uint32_t num_clients);

/// Writes a job as text: a line `node RATE_BPS LATENCY_NS` per node, then a line
/// `message FROM TO BYTES` per message.
/// @throws std::invalid_argument  if a message is not sent at time 0
/// @throws std::runtime_error  if the file cannot be written
void write_job(const Job& job, const std::string& path);

/// Reads what write_job() wrote.
/// @throws std::runtime_error  if the file cannot be read or a line is none of the two kinds
[[nodiscard]] Job read_job(const std::string& path);

/// What one simulator made of a job.
struct JobResult {
    double cpu_s;                   ///< From the first sending to the end of the simulation
    std::vector<double> arrived_s;  ///< Simulated time at which each message arrived
};

/// Writes a result as text: its CPU time, then the arrivals, a line each.
/// @throws std::runtime_error  if the file cannot be written
void write_result(const JobResult& result, const std::string& path);

/// Reads what write_result() wrote.
/// @throws std::runtime_error  if the file cannot be read or is empty
[[nodiscard]] JobResult read_result(const std::string& path);

}  // namespace murmur::bench
