#pragma once

#include "emulator/tasks/state_cell.h"
#include "learning/sharing.h"
#include "topologies/node_id.h"

#include <memory>
#include <string>
#include <utility>

namespace murmur {

/// What the sharing strategy of one node remembers.
using SharingCell = StateCell<std::unique_ptr<SharingState>>;

/// Returns one that remembers nothing but that it begins from a model.
/// @param start  null: a task will begin it, or nobody here
[[nodiscard]] inline SharingCell sharing_cell(NodeId node,
                                              std::string name,
                                              const Sharing& sharing,
                                              const Parameters& start,
                                              SharingRole role) {
    return {node,
            std::move(name),
            start ? sharing.initial_state(start, role) : nullptr,
            [](const std::unique_ptr<SharingState>& state, ByteSink& sink) { state->write(sink); },
            [&sharing](ByteSource& source) { return sharing.read_state(source); }};
}

}  // namespace murmur
