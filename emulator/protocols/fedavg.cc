#include "emulator/protocols/fedavg.h"

#include "emulator/protocols/plans.h"

#include <cmath>

namespace murmur {

namespace {

/// Returns ceil(fraction * clients), at least 1.
NodeId clients_per_round(double fraction, NodeId clients) {
    // A little less: 0.07 * 100 is above 7 in binary.
    constexpr double kRoundOff = 1e-9;
    const auto count = static_cast<NodeId>(std::ceil(fraction * clients - kRoundOff));
    return count == 0 ? 1 : count;
}

}  // namespace

void FedAvgServer::on_start() {
    begin_round(node().initial_model());
}

void FedAvgServer::begin_round(const ModelHandle& model) {
    if (node().is_done()) {
        return;
    }
    expect(random_peers(node().stream("clients", node().round()),
                        kServer,
                        node().num_nodes(),
                        clients_per_round(fraction_, node().num_nodes() - 1)));
    node().encode(model, node().round(), [this](const EncodedHandle& encoded) {
        for (const NodeId client : clients()) {
            node().send({.to = client, .round = node().round(), .content = encoded});
        }
    });
}

void FedAvgServer::conclude(ModelHandle averaged) {
    finish(averaged);
    begin_round(averaged);
}

ProtocolPlan plan_fedavg(const Spec& spec, NodeId num_nodes) {
    const SpecOptions options = protocol_options(spec, {"clients", "weights"});
    const double fraction = options.fraction("clients", 0.1);
    const ClientWeights weights = client_weights(options, ClientWeights::kSamples);
    ProtocolPlan plan = plan_of_server<FedAvgServer>(weights, false, fraction);
    plan.has_changing_peers = clients_per_round(fraction, num_nodes - 1) < num_nodes - 1;
    return plan;
}

}  // namespace murmur
