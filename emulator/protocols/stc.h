#pragma once

#include "emulator/protocols/federated.h"

#include <set>

namespace murmur {

/// The server of sparse ternary compression [Sattler, 2019]: all clients take part in every round,
/// and updates travel both ways.  It averages the clients' updates, encodes the average in turn,
/// with an error feedback of its own, and sends that to all: what the clients then have is what it
/// has.  All start from the same model, so nothing is sent before the first training, nor after the
/// last.
///
/// Where clients come and go, one that is back has missed updates and gets the whole model instead, 4
/// bytes a parameter, when the next round begins; its error feedback begins at 0 again.
///
/// The ternary step is the sharing strategy's; with whole models this is FedAvg with all clients.
/// - [Sattler, 2019] F. Sattler et al. Robust and communication-efficient federated learning from
///   non-i.i.d. data. IEEE TNNLS 31(9):3400-3413, algorithm 2.
class StcServer final : public FederatedServer {
  public:
    using FederatedServer::FederatedServer;

    void on_start() override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;

  private:
    void begin_round() override { send_whole_model(); }
    void send_whole_model();
    void conclude(ModelHandle averaged) override;

    std::set<NodeId> returned_;  ///< clients that wait for the whole model
};

}  // namespace murmur
