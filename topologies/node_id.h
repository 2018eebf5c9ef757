#pragma once

#include <cstdint>

namespace murmur {

/// Nodes are numbered 0 ... N-1 everywhere: in graphs, partitions, transports and result files.
using NodeId = std::uint32_t;

}  // namespace murmur
