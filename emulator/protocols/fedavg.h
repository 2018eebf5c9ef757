#pragma once

#include "emulator/protocols/federated.h"

namespace murmur {

/// The server of federated averaging [McMahan, 2017]: each round it draws ceil(C n) of its n
/// clients, sends them its model, and averages what they reply.
///
/// Where clients come and go it draws of those that are there.
/// - [McMahan, 2017] B. McMahan et al. Communication-efficient learning of deep networks from
///   decentralized data. AISTATS 54:1273-1282, algorithm 1.
class FedAvgServer final : public FederatedServer {
  public:
    /// @param fraction  C, above 0 and at most 1
    FedAvgServer(NodeContext& node, double fraction) : FederatedServer(node), fraction_(fraction) {}

  private:
    void begin_round() override;
    void conclude(ModelHandle averaged) override;

    double fraction_;
};

}  // namespace murmur
