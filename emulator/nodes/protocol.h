#pragma once

#include "emulator/nodes/message.h"
#include "emulator/nodes/node_context.h"
#include "emulator/nodes/protocol_factory.h"

#include <string>
#include <string_view>

namespace murmur {

/// What one node does when something happens: an event-driven algorithm.  One object per node.
class Protocol {
  public:
    /// Nothing is asked of the node before `on_start`, but who it is.
    explicit Protocol(NodeContext& node) : node_(node) {}
    virtual ~Protocol() = default;
    Protocol(const Protocol&) = delete;
    Protocol& operator=(const Protocol&) = delete;

    /// Runs at time 0.
    virtual void on_start() = 0;
    /// Runs when the last byte of a message has arrived.
    virtual void on_message(const Incoming& message) = 0;
    /// Runs when the network has given a message up, or when its receiver or this node has left
    /// before it was there: `is_departure(reason)` then.  By default the run fails, with the reason.
    virtual void on_send_failed(const Outgoing& message, const std::string& reason);

    // Nodes that come and go.  Who needs nothing of these and runs on all the same says so in its
    // plan, `lives_with_churn`; runs of others with such nodes are refused before they begin.

    /// Runs when this node has left.  Its messages, in both directions, and its timers are gone; its
    /// device begins nothing until it is back, and takes up then what it was to do.
    virtual void on_leave() {}
    /// Runs when it is back, after `on_send_failed` for each message that it lost.
    /// @param model  what it has for a model now; empty: what it had
    virtual void on_return(ModelHandle model);
    /// Runs when a node has left that this one watches, or had a message under way with.
    virtual void on_peer_left(NodeId /*peer*/) {}
    /// Runs when a node is back that this one watches.
    virtual void on_peer_returned(NodeId /*peer*/) {}

    static constexpr std::string_view kReceiverLeft = "the receiver has left";
    static constexpr std::string_view kSenderLeft = "the sender has left";
    /// Returns whether a message failed because a node has left.
    [[nodiscard]] static bool is_departure(std::string_view reason) {
        return reason == kReceiverLeft || reason == kSenderLeft;
    }

    /// Says in a few words what the node waits for, for the message of a run that came to a halt.
    [[nodiscard]] virtual std::string waits_for() const = 0;

  protected:
    /// Returns the node that this protocol runs on.
    [[nodiscard]] NodeContext& node() const { return node_; }

  private:
    NodeContext& node_;
};

}  // namespace murmur
