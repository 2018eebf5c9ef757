#pragma once

#include "emulator/nodes/message.h"
#include "emulator/tasks/bridge.h"

#include "ns3/message-transport.h"

#include <cstdint>
#include <unordered_set>

namespace murmur {

/// The messages of one node: what it has sent and is under way, and how much it was.
class Mailbox {
  public:
    Mailbox(NodeId node, Bridge& bridge, ns3::murmuration::MessageTransport& transport)
        : node_(node), bridge_(bridge), transport_(transport) {}

    /// Sends a message of its exact size; waits for a content whose size is not known.
    MessageId send(Outgoing message);
    /// Has a message of this node that is under way reach nobody.
    void cancel(MessageId message);
    /// Takes note that the transport has done with a message of this node, delivered or given up;
    /// returns whether anybody is to be told.
    [[nodiscard]] bool close(const ns3::murmuration::Message& message);

    /// Returns what was sent so far, before framing and headers.
    [[nodiscard]] const MessageSize& sent() const { return sent_; }
    [[nodiscard]] std::uint64_t bytes_sent() const { return transport_.GetBytesSent(node_); }
    [[nodiscard]] std::uint64_t bytes_received() const {
        return transport_.GetBytesReceived(node_);
    }

    /// Returns a message as its receiver sees it, and as its sender knows it.
    [[nodiscard]] static Incoming incoming(const ns3::murmuration::Message& message);
    [[nodiscard]] static Outgoing outgoing(const ns3::murmuration::Message& message);
    /// Returns the round that a message of any node belongs to.
    [[nodiscard]] static std::uint64_t round_of(const ns3::murmuration::Message& message);

  private:
    NodeId node_;
    Bridge& bridge_;
    ns3::murmuration::MessageTransport& transport_;
    MessageSize sent_;
    std::unordered_set<std::uint64_t> under_way_;  ///< ids
    std::unordered_set<std::uint64_t> cancelled_;  ///< of messages that the network still carries
};

}  // namespace murmur
