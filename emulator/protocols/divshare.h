#pragma once

#include "emulator/nodes/protocol.h"
#include "learning/permuted_fragments.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {

/// DivShare [Biswas, 2024]: asynchronous sharing of model fragments.  No node waits for another:
///
///     train;  drop what is left of the queue;  cut the trained model into F fragments;
///     for each of them draw J receivers anew;  shuffle all pairs (receiver, fragment) into the
///     queue;  mix, value by value,  x <- (x + sum of those received) / (1 + how many were);
///     send from the queue while the next training runs.
///
/// Of fragments of one sender with one number the newest counts; there is no limit of age, and a
/// mix empties the inbox.  Replaced ones are counted as `replaced_fragments`, those that reach a
/// node that is done as `late_fragments`.
///
/// A network shares an uplink among all that is sent at once, so a node has `in_flight` fragments
/// in the network and the rest in a queue of its own; the receiver answers each with a receipt
/// (8 bytes), and the next one follows.  A fragment is 4 bytes a value, and 12 of kind, round and
/// number.
///
/// Where nodes come and go, a fragment to or from one that is away is lost (`lost_fragments`), and
/// the next one follows; a node that is back goes on where it was.
/// - [Biswas, 2024] S. Biswas et al. Boosting asynchronous decentralized learning with model
///   fragmentation. arXiv:2410.12918, algorithm 1; as in the authors' code, with its queue.
class DivShare final : public Protocol {
  public:
    /// What becomes of fragments that a node has not sent when its next training ends.
    enum class Unsent : std::uint8_t {
        kCut,   ///< none is sent, and those in flight are taken back as far as the network allows
        kDrop,  ///< those in the queue are not sent
        kKeep,  ///< they stay in the queue, before the new ones
    };
    struct Options {
        NodeId receivers = 6;         ///< J
        std::uint32_t in_flight = 2;  ///< at once, per node; 0: all, and no receipts
        Unsent unsent = Unsent::kCut;
    };

    DivShare(NodeContext& node, Options options, std::shared_ptr<const FragmentPlan> plan)
        : Protocol(node), options_(options), plan_(std::move(plan)) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kFragment, kReceipt };

    struct Waiting {
        NodeId to;
        std::uint32_t fragment;
        std::uint64_t round;
        EncodedHandle content;
    };
    struct InFlight {
        NodeId to;
        std::uint64_t round;
        MessageId id;
    };
    struct Arrived {
        std::uint64_t round;
        EncodedHandle content;
    };

    void train();
    void stop_sending();
    void cut();
    void fill_queue(const std::vector<std::pair<std::uint32_t, EncodedHandle>>& fragments);
    void mix();
    /// Sends from the queue as many as may be in flight.
    void send_next();
    void take_fragment(const Incoming& message);
    /// Notes that the oldest fragment to a node of a round is not in flight any more.
    void end_flight(NodeId to, std::uint64_t round);

    Options options_;
    std::shared_ptr<const FragmentPlan> plan_;
    ModelHandle model_;
    std::vector<std::pair<std::uint32_t, EncodedHandle>> fragments_;  ///< cut in this round
    std::deque<Waiting> queue_;
    std::vector<InFlight> in_flight_;
    std::map<std::pair<NodeId, std::uint32_t>, Arrived> inbox_;  ///< by sender and fragment
};

}  // namespace murmur
