#include "emulator/protocols/fedavg.h"

#include "emulator/protocols/plans.h"

namespace murmur {

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

void register_fedavg(ProtocolRegistry& registry) {
    registry.add({"fedavg",
                  "node 0 is a server that averages a fraction of clients each round",
                  {named("clients", "0.1", "fraction of the clients, above 0, at most 1"),
                   client_weights_option(ClientWeights::kSamples)}},
                 [](const Options& options, NodeId num_nodes) {
                     const double fraction = options.fraction("clients");
                     ProtocolPlan plan =
                         plan_of_server<FedAvgServer>(client_weights(options), false, fraction);
                     plan.has_changing_peers =
                         clients_per_round(fraction, num_nodes - 1) < num_nodes - 1;
                     return plan;
                 });
}

}  // namespace murmur
