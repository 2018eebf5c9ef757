#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace murmur {

/// Reads a list of nodes such as `0,3-5`; returns them ascending, each once.
/// @throws std::invalid_argument  naming `where`, on anything else, and on a node that is not among
///                                `num_nodes`
[[nodiscard]] std::vector<std::uint32_t> parse_nodes(std::string_view where,
                                                     std::string_view list,
                                                     std::uint32_t num_nodes);

}  // namespace murmur
