#pragma once

#include "topologies/graph.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

namespace murmur {

/// @throws std::invalid_argument  where a form of graph gets fewer nodes than it can have
inline void require_nodes(std::string_view form, NodeId num_nodes, NodeId least) {
    if (num_nodes < least) {
        throw std::invalid_argument(
            fmt::format("{}: too few nodes, got {}, allowed {} or more", form, num_nodes, least));
    }
}

/// @throws std::invalid_argument  where a probability is not in [0, 1]
inline void require_probability(std::string_view form, std::string_view name, double value) {
    if (!(value >= 0.0 && value <= 1.0)) {  // so that NaN is refused as well
        throw std::invalid_argument(
            fmt::format("{}: {} is not a probability, got {}, allowed 0 ... 1", form, name, value));
    }
}

}  // namespace murmur
