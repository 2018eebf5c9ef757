#pragma once

#include "emulator/network/network_options.h"
#include "topologies/router_graph.h"

#include <vector>

namespace murmur {

/// Returns the router of each node, as `--attach` says:
/// - `round-robin`: node i at access router i mod A
/// - `random`: an access router each, drawn from the node's own stream
/// - `file:PATH`: line i is the router of node i, by name or by number; empty lines and lines that
///   begin with # are passed over, further lines not read
/// @param alone  whether each router takes one node at most
/// @throws std::invalid_argument  naming the option, and file and line
[[nodiscard]] std::vector<RouterId> attach_nodes(const NetworkOptions& options,
                                                 const RouterGraph& routers,
                                                 bool alone);

}  // namespace murmur
