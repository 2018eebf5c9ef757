#include "emulator/protocols/fedavg.h"

#include "emulator/protocols/plans.h"

namespace murmur {

void FedAvgServer::begin_round() {
    begin_with(draw_clients(node(), fraction_));
}

void FedAvgServer::conclude(ModelHandle averaged) {
    finish(averaged);
    begin_round();
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
