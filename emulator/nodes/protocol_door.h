#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/nodes/message.h"

#include "ns3/underlay.h"

#include <cstdint>
#include <span>
#include <string>

namespace murmur {

/// What a protocol may ask of its node: every call is checked before anything happens, so that a
/// slip of an algorithm's author is one clear error that names protocol and node.
class ProtocolDoor {
  public:
    /// @param underlay  says which nodes have a route; null where any two have one
    ProtocolDoor(std::string protocol,
                 NodeId num_nodes,
                 std::uint64_t num_rounds,
                 const ns3::murmuration::Underlay* underlay)
        : protocol_(std::move(protocol)),
          num_nodes_(num_nodes),
          num_rounds_(num_rounds),
          underlay_(underlay) {}

    /// Each of these: @throws std::logic_error  `protocol NAME, node N: what is wrong`
    void check_receiver(NodeId from, NodeId to) const;
    void check_content(NodeId node, bool has_content, bool has_note) const;
    void check_node(NodeId node, NodeId asked) const;
    void check_delay(NodeId node, SimTime delay) const;
    /// There are so many rounds to finish, and no more.
    void check_round(NodeId node, std::uint64_t finished_before) const;
    void check_model(NodeId node, const char* call, const ModelHandle& model) const;
    void check_value(NodeId node, const char* call, const AnyHandle& value) const;
    void check_inputs(NodeId node, bool are_there) const;
    void check_own_encoding(NodeId node, bool is_forged) const;
    void check_contents(NodeId node, std::span<const WeightedModel> models) const;

  private:
    [[noreturn]] void refuse(NodeId node, const std::string& what) const;

    std::string protocol_;
    NodeId num_nodes_;
    std::uint64_t num_rounds_;
    const ns3::murmuration::Underlay* underlay_;
};

}  // namespace murmur
