#pragma once

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/collectives.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace murmur {

class GroupMember;

/// What the members of a group know of each other beside who is there.
struct GroupBoard : CollectiveBoard {
    std::map<NodeId, GroupMember*> members{};
    std::set<NodeId> settled{};  ///< who has the state of the group, of those that are there
};

/// A node of a group that does collectives, in which nodes leave and return.
///
/// Who is back takes part from the first collective on that nobody has begun
/// (`Collectives::enter`); the others wait for it there.  Where the members have a state in common,
/// it gets that first: whole, in a message, from a member that is drawn among those that have it,
/// as it is when that one is about to begin the collective.  Whom to give to a member knows at
/// once, as it knows who is there.  Where the giver leaves before, another one is drawn, and the
/// collective is a later one; where nobody has the state, the node goes on from what it had.  Where
/// there is no such state it goes on from its model at once.
class GroupMember : public Protocol {
  public:
    GroupMember(NodeContext& node, Collectives::Options options)
        : Protocol(node), collectives_(node, std::move(options)) {}

    /// Lets this node know, and be told of, what all know; to be called before the run begins.
    void join(std::shared_ptr<GroupBoard> board);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_leave() override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    [[nodiscard]] Collectives& collectives() { return collectives_; }
    [[nodiscard]] const Collectives& collectives() const { return collectives_; }
    /// Returns those nodes that are there and take part in a collective, ascending.
    [[nodiscard]] std::vector<NodeId> all_there(std::uint64_t number) const;
    [[nodiscard]] bool is_away() const { return collectives_.is_away(); }

    // What a protocol does.

    [[nodiscard]] virtual bool has_common_state() const = 0;
    /// Returns how many collectives a round has.
    [[nodiscard]] virtual std::uint64_t collectives_per_round() const { return 1; }
    /// Begins the present round with a model, knowing nothing of former ones but what is the node's
    /// own or was taken with the state.
    virtual void begin_with(ModelHandle model) = 0;
    /// Returns the model to go on from where there is no other.
    [[nodiscard]] virtual ModelHandle own_model() const = 0;
    /// Returns whether the node was but training for its present round and still is.
    [[nodiscard]] virtual bool is_untouched() const { return false; }
    /// Forgets what it was doing.
    virtual void forget_round() {}
    /// Forgets what is the node's own beside its model.
    virtual void forget_own() {}

    // The state in common.

    /// Returns whether this node is about to begin a collective, or the work before it, and all is
    /// there that its state is to hold.
    [[nodiscard]] virtual bool stands_before(std::uint64_t /*number*/) const { return false; }
    virtual void give_state(NodeContext::EncodedCallback /*done*/) {}
    virtual void take_state(EncodedHandle /*state*/, NodeContext::ModelCallback /*done*/) {}
    /// Gives it to those that wait for it, if it stands where they begin; to be called whenever it
    /// may have come there.
    void serve();
    /// Returns whether somebody is to get the state before this collective begins.
    [[nodiscard]] bool owes_state(std::uint64_t number) const;
    /// Runs when somebody waits for it no more.
    virtual void on_released() {}

  private:
    void enter(ModelHandle model);
    void miss_rounds();
    void ask();
    void asked_by(NodeId peer);
    void settle_with(ModelHandle model);

    Collectives collectives_;
    std::shared_ptr<GroupBoard> board_;
    std::set<NodeId> askers_;      ///< to whom this node is to give its state
    std::optional<NodeId> giver_;  ///< from whom it gets that
    ModelHandle own_;              ///< to go on from where nobody has it
};

}  // namespace murmur
