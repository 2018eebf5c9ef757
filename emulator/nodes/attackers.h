#pragma once

#include "learning/attack.h"
#include "topologies/node_id.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace murmur {

/// Who attacks in a run, and how.
struct Attackers {
    std::shared_ptr<const Attack> attack{};  ///< null: nobody attacks
    std::vector<bool> is_attacker{};         ///< [num_nodes]; empty: nobody
    std::vector<NodeId> honest{};  ///< nodes that learn and do not attack, ascending; of an attack

    [[nodiscard]] bool has(NodeId node) const { return !is_attacker.empty() && is_attacker[node]; }
    [[nodiscard]] NodeId count() const;
    /// Returns whether attackers look at models of others.
    [[nodiscard]] bool see_models() const {
        return attack && (attack->is_per_victim() || !attack->sees().empty());
    }
};

/// Reads `WHO:NAME[:key=value,...]`: WHO is a share of the nodes that learn, such as 0.2, rounded
/// down and drawn, or `nodes=0,3-5`; the rest as `make_attack` takes it.  An empty text is nobody.
/// @param num_servers  the first nodes, which do not learn
/// @throws std::invalid_argument  naming `where`; where nobody would attack, nobody would be
///                                honest, or a server would attack
[[nodiscard]] Attackers plan_attackers(std::string_view where,
                                       std::string_view text,
                                       NodeId num_nodes,
                                       NodeId num_servers,
                                       std::uint64_t seed);

}  // namespace murmur
