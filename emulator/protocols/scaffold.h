#pragma once

#include "emulator/nodes/protocol.h"
#include "emulator/tasks/state_cell.h"
#include "learning/parameters.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// The server of SCAFFOLD [Karimireddy, 2020], federated averaging with control variates.  Each
/// round it draws ceil(C n) of its n clients and sends them its model x and its control c; client i
/// trains with c - c_i added to every gradient, which takes it to y_i, and sets its own control
///
///     c_i+ = c_i - c + (x - y_i) / (sum of the learning rates of its steps)      (option II)
///
/// which of plain SGD is the mean of the gradients on its way, or the gradient over all its samples at
/// x, for which it passes over them once more (option I).  It replies with y_i - x and
/// c_i+ - c_i, of which the server makes
///
///     x <- x + lr mean (y_i - x),     c <- c + sum (c_i+ - c_i) / n.
///
/// All controls begin at 0.  Two models travel each way: 8 bytes a value and 8 beside them.  With
/// momentum or another optimizer than SGD a change is no mean of gradients.
///
/// Where clients come and go the server draws of those that are there, and takes the mean over those
/// of the round that reply; where all leave it begins anew, or waits for one.  A reply that is lost
/// (`lost_changes`) leaves c beside the mean of the c_i: its client has moved its own.
/// - [Karimireddy, 2020] S. P. Karimireddy et al. SCAFFOLD: stochastic controlled averaging for
///   federated learning. ICML, PMLR 119:5132-5143, algorithm 1.
class ScaffoldServer final : public Protocol {
  public:
    struct Options {
        double fraction = 0.1;  ///< C, above 0 and at most 1
        double lr = 1;
    };
    static constexpr NodeId kServer = 0;

    ScaffoldServer(NodeContext& node, Options options)
        : Protocol(node), options_(options), control_(node.id(), "scaffold", nullptr) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void begin_round();
    void conclude_when_complete();
    void conclude();

    Options options_;
    ModelHandle model_;
    StateCell<Parameters> control_;  ///< c; null: 0
    std::vector<NodeId> clients_;    ///< of the present round
    std::uint64_t attempts_ = 0;     ///< rounds that were begun, those that all have left included
    bool is_concluding_ = false;
    std::map<NodeId, EncodedHandle> replies_;
};

/// A client of it.
class ScaffoldClient final : public Protocol {
  public:
    /// Which option of algorithm 1 a client's new control is.
    enum class Control : std::uint8_t { kGradient, kUpdate };

    ScaffoldClient(NodeContext& node, Control control)
        : Protocol(node), new_control_(control), control_(node.id(), "scaffold", nullptr) {}

    void on_start() override {}
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override { return "the server"; }

  private:
    void train(const Incoming& message,
               ModelHandle model,
               ModelHandle correction,
               ModelHandle gradient);
    void reply(const Incoming& message, ModelHandle trained, ModelHandle gradient);

    Control new_control_;
    StateCell<Parameters> control_;  ///< c_i; null: 0
};

}  // namespace murmur
