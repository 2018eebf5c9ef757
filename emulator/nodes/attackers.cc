#include "emulator/nodes/attackers.h"

#include "emulator/base/node_list.h"
#include "learning/random_stream.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace murmur {

namespace {

constexpr std::string_view kNodes = "nodes=";

/// Draws a share of the nodes that learn, rounded down.
std::vector<NodeId> drawn(double share, NodeId num_nodes, NodeId num_servers, std::uint64_t seed) {
    std::vector<NodeId> learners(num_nodes - num_servers);
    std::iota(learners.begin(), learners.end(), num_servers);
    RandomStream(stream_seed(seed, "attackers")).shuffle(std::span(learners));
    // 0.29 * 100 is a little less than 29 in double.
    constexpr double kRounding = 1e-9;
    const double count = share * static_cast<double>(learners.size()) + kRounding;
    learners.resize(static_cast<std::size_t>(count));
    return learners;
}

}  // namespace

NodeId Attackers::count() const {
    return static_cast<NodeId>(std::ranges::count(is_attacker, true));
}

Attackers plan_attackers(std::string_view where,
                         std::string_view text,
                         NodeId num_nodes,
                         NodeId num_servers,
                         std::uint64_t seed) {
    Attackers attackers;
    if (text.empty()) {
        return attackers;
    }
    const auto refuse = [&](std::string_view what) {
        throw std::invalid_argument(fmt::format(
            "{}: {}, got '{}', allowed WHO:NAME, WHO a share such as 0.2 or nodes=0,3-5, such as "
            "0.2:alie:z=1.5",
            where,
            what,
            shown(text)));
    };
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        refuse("names no attack");
    }
    const std::string_view who = text.substr(0, colon);
    std::vector<NodeId> chosen;
    if (who.starts_with(kNodes)) {
        chosen = parse_nodes(where, who.substr(kNodes.size()), num_nodes);
    } else {
        const std::optional<double> share = parse_number<double>(who);
        if (!share || !(*share > 0 && *share < 1)) {
            refuse("a share is above 0 and below 1");
        }
        chosen = drawn(*share, num_nodes, num_servers, seed);
    }
    if (chosen.empty()) {
        refuse("nobody would attack");
    }
    attackers.is_attacker.assign(num_nodes, false);
    for (const NodeId node : chosen) {
        if (node < num_servers) {
            refuse(fmt::format("node {} is a server, which does not attack", node));
        }
        attackers.is_attacker[node] = true;
    }
    for (NodeId node = num_servers; node < num_nodes; ++node) {
        if (!attackers.is_attacker[node]) {
            attackers.honest.push_back(node);
        }
    }
    if (attackers.honest.empty()) {
        refuse("nobody would be honest");
    }
    attackers.attack = make_attack(
        text.substr(colon + 1),
        {.honest = attackers.honest, .num_attackers = static_cast<std::uint32_t>(chosen.size())});
    return attackers;
}

}  // namespace murmur
