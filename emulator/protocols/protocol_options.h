#pragma once

#include <cstdint>
#include <string>

namespace murmur {

/// What a protocol has to get on with, as a user writes it: the part of a run's options that this
/// layer reads, under the same names.
struct ProtocolOptions {
    std::uint32_t nodes = 16;
    std::string topology = "regular:5";
    std::string weights = "metropolis";
    std::string protocol = "dpsgd";
    std::string sharing = "full";
    std::string codec{};  ///< empty: the strategy's own
    std::string aggregation = "mean";
    std::string underlay = "wan";

    bool operator==(const ProtocolOptions&) const = default;
};

}  // namespace murmur
