#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::reality {

/// How a host is attached: an uplink and a downlink, and the latency between host and core.
struct HostLinks {
    std::uint64_t up_bps;
    std::uint64_t down_bps;
    std::int64_t latency_ns;
};

/// One message, which each round sends again.
struct Parcel {
    std::uint32_t from;
    std::uint32_t to;
    std::uint64_t size_bytes;
};

/// All links have `factor` of their rates for a while; 0: they carry nothing.
struct Spell {
    double factor;
    double begin_s;
    double duration_s;
};

/// What is carried, over real links or simulated ones.
struct RealityJob {
    std::string name;
    std::vector<HostLinks> hosts;
    std::vector<Parcel> parcels;
    std::string congestion = "cubic";  ///< who sets windows, as Linux calls it: cubic, reno, bbr
    bool at_host = false;              ///< uplinks are shaped at the host's own interface
    std::uint32_t queue_packets = 1000;
    double loss = 0;  ///< probability that a packet is lost on its uplink
    std::optional<Spell> spell{};
    /// 1: all is sent at once. More: each host sends to all its receivers, waits for all its
    /// senders, computes, and goes on.
    std::uint32_t rounds = 1;
    std::int64_t compute_us = 0;
    /// Hosts start one behind another, this much later for each message that has been begun; 0: all
    /// at once.
    std::int64_t connect_ns = 0;

    /// Whether runs of it differ by chance: packets are lost by it, several messages overflow
    /// short queues, where a few us decide whose packets are dropped, or BBR draws its phases.
    [[nodiscard]] bool is_by_chance() const {
        return loss > 0 || ((queue_packets < 1000 || congestion == "bbr") && parcels.size() > 1);
    }
};

/// Builds the job of a name: `KIND:BYTES:Mbps:one-way ms[:seed]`, KIND one of `single`, `incastK`,
/// `fanoutK`, `exN.D` (N hosts, D neighbors each, sends in drawn order), `uexN.D` (unlike links);
/// then any of `/reno`, `/bbr` (congestion control), `/tbf` (shaped at the host), `/q100` (packets
/// that wait), `/loss0.01`,
/// `/x0.1@1+0.5` (a tenth of the rates from 1 s on for half a second), `/r5c100000` (five rounds,
/// 100 ms of compute between).
/// @throws std::invalid_argument  naming the part that is wrong
[[nodiscard]] RealityJob build_job(std::string_view name);

}  // namespace murmur::reality
