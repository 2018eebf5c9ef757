#pragma once

#include "emulator/nodes/message.h"
#include "emulator/nodes/node_context.h"
#include "emulator/nodes/protocol_factory.h"

#include <string>

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
    /// Runs when the network has given a message up.  By default the run fails, with the reason.
    virtual void on_send_failed(const Outgoing& message, const std::string& reason);
    /// Says in a few words what the node waits for, for the message of a run that came to a halt.
    [[nodiscard]] virtual std::string waits_for() const = 0;

  protected:
    /// Returns the node that this protocol runs on.
    [[nodiscard]] NodeContext& node() const { return node_; }

  private:
    NodeContext& node_;
};

}  // namespace murmur
