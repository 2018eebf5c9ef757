#pragma once

#include "emulator/nodes/life_options.h"

#include <string>

namespace murmur {

/// What nodes do and what they send, beside who and where they are.
struct ProtocolOptions : LifeOptions {
    std::string protocol = "dpsgd";
    std::string sharing = "full";
    std::string codec{};  ///< empty: the encoder's own
    std::string aggregation = "mean";
    std::string attack{};  ///< empty: everybody is honest

    bool operator==(const ProtocolOptions&) const = default;
};

}  // namespace murmur
