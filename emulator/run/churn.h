#pragma once

#include "emulator/nodes/life.h"
#include "emulator/nodes/node_agent.h"
#include "emulator/nodes/presence.h"
#include "emulator/run/messages_under_way.h"

#include "ns3/message-transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace murmur {

/// Lets the nodes of a run leave and return as their lives say.
///
/// When a node leaves, all of this happens at one instant, in this order: its work and its timers
/// stop; every message to or from it is taken back, in the order in which they were sent, and the
/// other end learns of it (the sender by `on_send_failed`); who watches it, or had a message under
/// way with it, is told, in ascending order.  When it returns it is there, learns of its own
/// messages that were taken back, goes on, and who watches it is told.
class Churn {
  public:
    struct Parts {
        const LifePlan& plan;
        Presence& presence;
        std::vector<std::unique_ptr<NodeAgent>>& agents;
        ns3::murmuration::MessageTransport& transport;
        const Overlay& overlay;
        std::uint64_t num_rounds;
        std::uint64_t seed;
        std::function<void()> on_end;   ///< who is there is done, and the others have missed the rest
        std::function<void()> on_halt;  ///< nodes come and go, and nothing else happens
    };

    explicit Churn(const Parts& parts);

    /// Returns who is there at time 0, [num_nodes].
    [[nodiscard]] static std::vector<bool> present_at_start(const LifePlan& plan, NodeId num_nodes);

    /// Schedules the first change of each node and starts those that are there; at time 0.
    void start();
    void note_sent(const ns3::murmuration::Message& message) { under_way_.add(message); }
    void note_ended(std::uint64_t id) { under_way_.remove(id); }
    /// Takes a message that nodes send each other beside their protocols.
    void deliver(const ns3::murmuration::Message& message);
    void give_up(const ns3::murmuration::Message& message);
    /// Says that some node is through with so many rounds.
    void note_progress(std::uint64_t rounds);

    /// Returns whether some node is to return.
    [[nodiscard]] bool has_something_ahead() const { return to_return_ > 0; }
    /// Returns whether some node is through with all rounds, and every one that is there, too.
    [[nodiscard]] bool is_complete() const;
    /// Says who is not there, for the message of a run that came to a halt; empty: all are.
    [[nodiscard]] std::string describe_absent() const;

  private:
    [[nodiscard]] NodeId num_nodes() const { return static_cast<NodeId>(lives_.size()); }
    void schedule_next(NodeId node);
    void change(NodeId node);
    void leave(NodeId node);
    void tell_of_leaving(NodeId node, std::set<NodeId> others);
    void come_back(NodeId node);
    void ask_for_model(NodeId node);
    void enter(NodeId node, ModelHandle model);
    void check_end();
    /// Makes sure that no message of a node that is away is under way, here or in the network.
    /// @throws std::logic_error  where one is
    void check_messages() const;
    void check_halt();

    Parts parts_;
    std::vector<Life> lives_;
    std::vector<bool> is_gone_;         ///< not to return
    std::vector<char> asks_for_model_;  ///< it is about to return, with a model that is on its way
    std::uint32_t to_return_ = 0;       ///< how many are due, or ask
    MessagesUnderWay under_way_;
    mutable NodeId awaited_ = 0;  ///< a node that was not done when it was last looked for one
    std::uint64_t changes_since_progress_ = 0;
    bool has_ended_ = false;
};

}  // namespace murmur
