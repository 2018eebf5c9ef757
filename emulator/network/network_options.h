#pragma once

#include <cstdint>
#include <string>

namespace murmur {

/// What shapes the overlay and the network of a run, as a user writes it: quantities are texts with
/// units.  The layers above add theirs; `for_each_option` says what each is for.
struct NetworkOptions {
    std::uint32_t nodes = 16;
    std::uint64_t seed = 1;

    std::string topology = "regular:5";
    std::string weights = "metropolis";

    std::string network = "tcp";
    std::string underlay = "wan";
    std::string rate = "100Mbps";
    std::string downlink_rate{};  ///< empty: as the uplink
    std::string latency = "20ms";
    std::string latency_matrix{};  ///< file; empty: `latency` holds
    std::string attach = "round-robin";
    std::string jitter = "0ms";
    std::string loss = "0";
    std::string uplink_queue = "behind:1000p";
    std::string downlink_queue = "behind:1000p";
    std::string tcp = "cubic";
    std::string link_trace{};      ///< file; empty: links do not change
    std::string uplink_trace{};    ///< empty: uplinks keep their rates
    std::string downlink_trace{};  ///< empty: downlinks keep their rates

    bool operator==(const NetworkOptions&) const = default;
};

}  // namespace murmur
