#pragma once

#include "emulator/nodes/node_context.h"

#include <cstdint>

namespace murmur {

/// Moves a node that is back to the first round of which nobody has sent anything, and forgets its
/// work; for `on_return`.
/// @param has_other_model  it is back with a model that is not the one it left with
/// @returns whether it is to begin that round; false: it has none left, or nobody has gone on
///          without it, and its device takes up what it left
[[nodiscard]] inline bool moves_to_open_round(NodeContext& node, bool has_other_model) {
    if (node.is_done()) {
        return false;
    }
    const std::uint64_t before = node.round();
    node.rejoin({});
    if (node.round() == before && !has_other_model) {
        return false;
    }
    node.drop_work();
    return true;
}

}  // namespace murmur
