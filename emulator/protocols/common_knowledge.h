#pragma once

#include "emulator/protocols/protocol_plan.h"

#include <memory>
#include <utility>

namespace murmur {

/// Returns a plan whose nodes all run a `P` made from these arguments and from one `Common` object:
/// what all nodes know without a message, such as a fixed permutation or the draws of an oracle.
/// @param make  makes it for node 0, the first that is made, whose streams follow from the run's
///              seed
template <class P, class Common, class Make, class... Args>
[[nodiscard]] ProtocolPlan plan_with_common(Make make, Args... args) {
    ProtocolPlan plan;
    // Held by all copies of the function, so that they know the same.
    const auto common = std::make_shared<std::shared_ptr<Common>>();
    plan.make = [=](NodeContext& node) -> std::unique_ptr<Protocol> {
        if (node.id() == 0) {
            *common = std::make_shared<Common>(make(std::as_const(node)));
        }
        return std::make_unique<P>(node, args..., *common);
    };
    return plan;
}

}  // namespace murmur
