#pragma once

#include <functional>
#include <memory>

namespace murmur {

class NodeContext;
class Protocol;

/// Makes the protocol of one node.
using ProtocolFactory = std::function<std::unique_ptr<Protocol>(NodeContext& node)>;

}  // namespace murmur
