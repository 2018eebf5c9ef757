#include "emulator/protocols/stc.h"

#include "emulator/protocols/plans.h"

#include <utility>

namespace murmur {

void StcServer::on_start() {
    expect(all_clients(node().num_nodes()));
}

void StcServer::conclude(ModelHandle averaged) {
    node().encode(averaged, node().round(), [this, averaged](const EncodedHandle& update) {
        // Merged with nothing: the model as the encoding left it, which is what clients will have.
        node().merge(averaged, 1, {}, node().round(), [this, update](const ModelHandle& model) {
            finish(model);
            if (node().is_done()) {
                return;
            }
            for (const NodeId client : clients()) {
                node().send({.to = client, .round = node().round(), .content = update});
            }
        });
    });
}

void register_stc(ProtocolRegistry& registry) {
    registry.add({"stc",
                  "server and clients send updates both ways; for --sharing=stc",
                  {client_weights_option(ClientWeights::kUniform)}},
                 [](const Options& options, NodeId) {
                     return plan_of_server<StcServer>(client_weights(options), true);
                 });
}

}  // namespace murmur
