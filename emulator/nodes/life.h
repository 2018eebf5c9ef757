#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/nodes/life_options.h"
#include "topologies/node_id.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// When one node is there: from its first state it changes to the other one and back, at instants
/// that are asked for one after the other, as a life may have no end.
struct Life {
    bool starts_present = true;
    /// Returns the next instant at which the node leaves or returns, above 0 and above the one
    /// before; nothing where it stays for good as it is.
    std::function<std::optional<SimTime>()> next_change = [] { return std::nullopt; };
};

/// What becomes of a node's model while it is away.
enum class ReturnsWith : std::uint8_t {
    kOld,       ///< it is as it was
    kStart,     ///< it is lost: the node begins with the model that it had at the start
    kNeighbor,  ///< it is lost: the node gets that of a neighbor, in a message
};

/// Who of a run is there when, read and drawn before it begins.
struct LifePlan {
    bool has_churn = false;  ///< some node is not there all the time, or may not be
    /// Makes the life of a node, from its beginning.
    std::function<Life(NodeId node)> make_life = [](NodeId) { return Life(); };
    bool finishes_work = false;  ///< what runs when a node leaves runs to its end
    ReturnsWith returns_with = ReturnsWith::kOld;
    bool returns = false;              ///< some node may come back, or come late
    std::vector<std::string> notes{};  ///< what was made of each file, a line each
};

/// Reads and draws what `--availability`, `--join`, `--crash`, `--on-leave` and `--on-return` say.
/// @param always_there  nodes that must be there all the time, below this number: a server
/// @throws std::invalid_argument  naming the option, and the line of a file
[[nodiscard]] LifePlan plan_lives(const LifeOptions& options, NodeId always_there);

}  // namespace murmur
