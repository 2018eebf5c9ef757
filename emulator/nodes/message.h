#pragma once

#include "emulator/nodes/note.h"
#include "emulator/tasks/handle.h"
#include "learning/parameters.h"
#include "learning/sharing.h"
#include "topologies/node_id.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace murmur {

/// A model whose values may not exist yet.
using ModelHandle = Handle<Parameters>;

/// An encoded model, or what else has a size of its own as a message.
using Encoded = std::shared_ptr<const EncodedModel>;

/// An encoded model whose bytes may not exist yet, though their number may be known.
class EncodedHandle : public Handle<Encoded> {
  public:
    EncodedHandle() = default;
    /// @param size  nothing where it follows from the values alone
    EncodedHandle(Handle<Encoded> handle, std::optional<MessageSize> size)
        : Handle(std::move(handle)), known_size_(size) {}
    [[nodiscard]] static EncodedHandle ready(Encoded value) {
        return {Handle::ready(std::move(value)), {}};
    }

    /// Returns the exact size; nothing where it follows from the values alone.
    [[nodiscard]] const std::optional<MessageSize>& known_size() const { return known_size_; }

  private:
    std::optional<MessageSize> known_size_;
};

/// A message of a protocol, as its receiver sees it.
struct Incoming {
    NodeId from = 0;
    std::uint64_t round = 0;
    EncodedHandle content{};  ///< empty where the message is a note alone
    NotePtr note{};           ///< null where the message is a model alone
};

/// Whose a message is: the protocol's, or of a node that has lost its model and asks for another.
enum class Purpose : std::uint8_t { kProtocol, kAskModel, kGiveModel };

/// A message of a protocol, as its sender knows it.
struct Outgoing {
    NodeId to = 0;
    std::uint64_t round = 0;
    EncodedHandle content{};  ///< as in `Incoming`
    NotePtr note{};           ///< sizes of content and note add up
    Purpose purpose = Purpose::kProtocol;
};

/// Names a message that was sent.
enum class MessageId : std::uint64_t {};

/// A neighbor's model with the weight that this node gives it.
struct WeightedModel {
    NodeId from;
    double weight;
    EncodedHandle content;
};

}  // namespace murmur
