#pragma once

#include "emulator/nodes/protocol.h"

#include <cstdint>
#include <deque>
#include <set>

namespace murmur {

/// The server of FedBuff [Nguyen, 2022], asynchronous federated averaging with a buffer.  M clients
/// train at once, each from the model that it was sent; whoever has replied with its change d_k is
/// followed by a client drawn from those that do not train.  As soon as K changes are there,
///     x <- x + lr / K * sum_k s(tau_k) d_k,     s(tau) = 1 / sqrt(1 + tau),
/// where tau_k is how many steps the server has made since it sent what the change began from.
///
/// Changes are added in the order in which they came, which is the algorithm's own.  Replies of one
/// instant are all taken before clients follow, so that without delays and with K all of the
/// clients this is federated averaging.  Models and changes travel whole, 4 bytes a value and 8
/// beside them.
///
/// Where clients come and go the server draws of those that are there; one that leaves is followed
/// by another, its change is lost (`lost_models`, `lost_changes`).  One that is back waits to be
/// drawn.
/// - [Nguyen, 2022] J. Nguyen et al. Federated learning with buffered asynchronous aggregation.
///   AISTATS, PMLR 151:3581-3607, algorithm 1.
class FedBuffServer final : public Protocol {
  public:
    enum class Staleness : std::uint8_t { kSqrt, kNone };
    struct Options {
        NodeId buffer = 10;       ///< K
        NodeId concurrency = 20;  ///< M
        double lr = 1;
        Staleness staleness = Staleness::kSqrt;
    };
    static constexpr NodeId kServer = 0;

    FedBuffServer(NodeContext& node, Options options) : Protocol(node), options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    struct Change {
        std::uint64_t sent_at;  ///< steps made when what it began from was sent
        EncodedHandle content;
    };

    /// Does what comes next where the model is there: a step, or clients that follow others.
    void proceed();
    void step();
    void encode();
    /// Has as many clients train as are due.
    void start_clients();
    [[nodiscard]] double scale(std::uint64_t sent_at) const;
    [[nodiscard]] bool has_full_buffer() const { return buffer_.size() >= options_.buffer; }

    Options options_;
    ModelHandle model_;
    EncodedHandle encoded_;      ///< the model as it is sent; empty: not yet
    bool is_busy_ = false;       ///< with a step, or with encoding the model
    bool is_start_due_ = false;  ///< once the replies of this instant are taken
    std::set<NodeId> training_;  ///< clients
    NodeId num_due_ = 0;         ///< clients that are to follow others
    std::uint64_t draws_ = 0;
    std::deque<Change> buffer_;
};

/// A client of it: trains from what it is sent, and replies with the change.
class FedBuffClient final : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {}
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override { return "the server"; }

  private:
    void reply(std::uint64_t version, ModelHandle before, ModelHandle after);

    std::uint64_t trainings_ = 0;
};

}  // namespace murmur
