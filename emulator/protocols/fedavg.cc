#include "emulator/protocols/fedavg.h"

#include "emulator/protocols/plans.h"

#include <algorithm>
#include <span>

namespace murmur {

void FedAvgServer::begin_round() {
    begin_with(draw_clients());
}

std::vector<NodeId> FedAvgServer::draw_clients() const {
    const NodeId count = clients_per_round(fraction_, node().num_nodes() - 1);
    RandomStream stream = node().stream("clients", node().round());
    if (!node().has_churn()) {
        return random_peers(stream, kServer, node().num_nodes(), count);
    }
    std::vector<NodeId> there = clients_there();
    stream.shuffle(std::span(there));
    there.resize(std::min<std::size_t>(there.size(), count));
    std::sort(there.begin(), there.end());
    return there;
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
