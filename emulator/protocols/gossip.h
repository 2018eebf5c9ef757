#pragma once

#include "emulator/nodes/protocol.h"

#include <deque>

namespace murmur {

/// Gossip learning [Ormandi, 2013] with merging by age [Hegedus, 2019]: a model has an age t, how
/// often it was trained.  On its own timer a node sends its model to a random peer, with the age
/// beside it; whoever receives (x_m, t_m) merges and trains,
///     w = t_m / (t + t_m),  x <- (1 - w) x + w x_m,  t <- max(t, t_m) + 1,
/// with w = 1/2 where both ages are 0.
///
/// A round is a period of the node's own timer, whose first tick is drawn from the first period.
/// Messages that arrive while a node trains wait in order: a period that is shorter than the
/// training lets them pile up.  After its last tick a node is done and drops what comes
/// or waits, counted as `late_models`.
///
/// Where nodes come and go, a message that finds no receiver is counted as `lost_models`.  The timer
/// of a node that is away goes on without it: rounds whose tick it was not there for it has missed.
/// - [Ormandi, 2013] R. Ormandi, I. Hegedus, M. Jelasity. Gossip learning with linear models on
///   fully distributed data. Concurrency and Computation 25(4):556-571, algorithm 1.
/// - [Hegedus, 2019] I. Hegedus, G. Danner, M. Jelasity. Gossip learning as a decentralized
///   alternative to federated learning. DAIS, algorithm 4.
class GossipLearning final : public Protocol {
  public:
    enum class Peers : std::uint8_t { kAny, kOverlay };
    struct Options {
        SimTime period{0};
        Peers peers = Peers::kAny;
    };

    GossipLearning(NodeContext& node, Options options) : Protocol(node), options_(options) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    /// Misses the rounds whose tick is over, and waits for the next.
    void skip_missed_ticks();
    /// Lets the timer tick at `next_tick_`.
    void wait_for_tick();
    void tick();
    void drop_waiting();
    void send_to_a_peer();
    void learn_from_next();

    Options options_;
    SimTime next_tick_{0};
    std::uint64_t trainings_ = 0;
    ModelHandle model_;
    std::uint32_t age_ = 0;
    bool is_learning_ = false;
    std::deque<Incoming> waiting_;
};

}  // namespace murmur
