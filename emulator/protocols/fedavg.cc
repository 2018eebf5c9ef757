#include "emulator/protocols/fedavg.h"

#include "emulator/protocols/plans.h"

#include <algorithm>
#include <span>

namespace murmur {

void FedAvgServer::on_start() {
    watch_clients();
    begin_round(node().initial_model());
}

void FedAvgServer::begin_round(const ModelHandle& model) {
    if (node().is_done()) {
        return;
    }
    expect(draw_clients());
    if (clients().empty()) {
        return;  // until one is back
    }
    node().encode(
        model, node().round(), [this, attempt = ++attempts_](const EncodedHandle& encoded) {
            if (attempt != attempts_) {
                return;  // all that it was for have left meanwhile
            }
            for (const NodeId client : clients()) {
                node().send({.to = client, .round = node().round(), .content = encoded});
            }
        });
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

void FedAvgServer::on_peer_returned(NodeId /*peer*/) {
    if (clients().empty() && !is_concluding()) {
        begin_anew();
    }
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
