#pragma once

#include "emulator/nodes/message.h"
#include "emulator/tasks/bridge.h"

#include "ns3/message-transport.h"

#include <cstdint>

namespace murmur {

/// The messages of one node: sends them, takes them back, and knows how much it was.
class Mailbox {
  public:
    Mailbox(NodeId node, Bridge& bridge, ns3::murmuration::MessageTransport& transport)
        : node_(node), bridge_(bridge), transport_(transport) {}

    /// Sends a message of its exact size; waits for a content whose size is not known.
    MessageId send(Outgoing message);
    /// Takes a message back that is under way: nobody is told of it any more.
    void cancel(MessageId message);

    /// Returns what was sent so far, before framing and headers.
    [[nodiscard]] const MessageSize& sent() const { return sent_; }
    [[nodiscard]] std::uint64_t bytes_sent() const { return transport_.GetBytesSent(node_); }
    [[nodiscard]] std::uint64_t bytes_received() const {
        return transport_.GetBytesReceived(node_);
    }

    /// Returns a message as its receiver sees it, and as its sender knows it.
    [[nodiscard]] static Incoming incoming(const ns3::murmuration::Message& message);
    [[nodiscard]] static Outgoing outgoing(const ns3::murmuration::Message& message);
    [[nodiscard]] static Purpose purpose_of(const ns3::murmuration::Message& message);
    /// Returns the round that a message of any node belongs to.
    [[nodiscard]] static std::uint64_t round_of(const ns3::murmuration::Message& message);

  private:
    NodeId node_;
    Bridge& bridge_;
    ns3::murmuration::MessageTransport& transport_;
    MessageSize sent_;
};

}  // namespace murmur
