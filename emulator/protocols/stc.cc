#include "emulator/protocols/stc.h"

#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"

#include <utility>

namespace murmur {

void StcServer::on_start() {
    watch_clients(node());
    expect(clients_there(node()));
}

void StcServer::on_peer_left(NodeId peer) {
    returned_.erase(peer);
    FederatedServer::on_peer_left(peer);
}

void StcServer::on_peer_returned(NodeId peer) {
    returned_.insert(peer);
    forget(peer);  // what it had trained was on a model that it may have lost since
}

void StcServer::send_whole_model() {
    if (returned_.empty() || node().is_done()) {
        return;
    }
    const std::set<NodeId> clients = std::exchange(returned_, {});
    for (const NodeId client : clients) {
        admit(client);
    }
    node().encode_with(
        {.round = node().round(),
         .values_read = 0,
         .size = MessageSize{sizeof(float) * node().num_parameters(), kWholeModelMetadataBytes}},
        [](const Parameters& model) -> Encoded { return std::make_shared<WholeModel>(model); },
        [this, clients, round = node().round()](const EncodedHandle& whole) {
            for (const NodeId client : clients) {
                node().send({.to = client,
                             .round = round,
                             .content = whole,
                             .note = make_note(FederatedClient::kWhole)});
            }
        },
        latest_model());
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
            send_whole_model();
        });
    });
}

void register_stc(ProtocolRegistry& registry) {
    registry.add({"stc",
                  "server and clients send updates both ways; for --sharing=stc",
                  {client_weights_option(ClientWeights::kUniform)}},
                 [](const Options& options, NodeId) {
                     ProtocolPlan plan = plan_of_server<StcServer>(client_weights(options), true);
                     plan.updates_returned = true;
                     return plan;
                 });
}

}  // namespace murmur
