#include "emulator/nodes/protocol_door.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

void ProtocolDoor::refuse(NodeId node, const std::string& what) const {
    throw std::logic_error(fmt::format("protocol {}, node {}: {}", protocol_, node, what));
}

void ProtocolDoor::check_receiver(NodeId from, NodeId to) const {
    if (to >= num_nodes_) {
        refuse(from, fmt::format("sends to node {}, allowed 0 to {}", to, num_nodes_ - 1));
    }
    if (to == from) {
        refuse(from, "sends to itself, allowed other nodes");
    }
    if (underlay_ != nullptr && !underlay_->HasRoute(from, to)) {
        refuse(from,
               fmt::format("sends to node {}, to which the underlay has no route; p2p has links "
                           "between neighbors alone",
                           to));
    }
}

void ProtocolDoor::check_content(NodeId node, bool has_content, bool has_note) const {
    if (!has_content && !has_note) {
        refuse(node, "sends an empty handle, allowed an encoded model, a note, or both");
    }
}

void ProtocolDoor::check_node(NodeId node, NodeId asked) const {
    if (asked >= num_nodes_) {
        refuse(node,
               fmt::format(
                   "asks for the neighbors of node {}, allowed 0 to {}", asked, num_nodes_ - 1));
    }
}

void ProtocolDoor::check_delay(NodeId node, SimTime delay) const {
    if (delay < SimTime::zero()) {
        refuse(node,
               fmt::format("asks for an event {} ns ago, allowed 0 or later", -delay.count()));
    }
}

void ProtocolDoor::check_round(NodeId node, std::uint64_t finished_before) const {
    if (finished_before == num_rounds_) {
        refuse(node,
               fmt::format("finishes round {}, but the run has {} and all are finished",
                           finished_before + 1,
                           num_rounds_));
    }
}

void ProtocolDoor::check_value(NodeId node, const char* call, const AnyHandle& value) const {
    if (!value) {
        refuse(node, fmt::format("calls {} with an empty handle, allowed a value", call));
    }
}

void ProtocolDoor::check_inputs(NodeId node, bool are_there) const {
    if (!are_there) {
        refuse(node, "calls compute with an empty handle, allowed values");
    }
}

void ProtocolDoor::check_model(NodeId node, const char* call, const ModelHandle& model) const {
    if (!model) {
        refuse(node, fmt::format("calls {} with an empty handle, allowed a model", call));
    }
}

void ProtocolDoor::check_own_encoding(NodeId node, bool is_forged) const {
    if (is_forged) {
        refuse(node,
               "calls encode_with, but --attack forges what encode makes alone, allowed "
               "--attack=WHO:label-flip, or messages that encode makes");
    }
}

void ProtocolDoor::check_contents(NodeId node, std::span<const WeightedModel> models) const {
    for (std::size_t i = 0; i < models.size(); ++i) {
        if (!models[i].content) {
            refuse(node,
                   fmt::format("merges an empty handle as the model of node {}", models[i].from));
        }
        if (i > 0 && models[i].from < models[i - 1].from) {
            refuse(node,
                   fmt::format("merges node {} after node {}, allowed ascending order",
                               models[i].from,
                               models[i - 1].from));
        }
    }
}

}  // namespace murmur
