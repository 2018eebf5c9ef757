#include "emulator/protocols/stc.h"

#include "emulator/protocols/plans.h"

#include <utility>

namespace murmur {

void StcServer::on_start(NodeContext& node) {
    expect(all_clients(node.num_nodes()));
}

void StcServer::conclude(NodeContext& node, ModelHandle averaged) {
    node.encode(averaged, round(), [this, &node, averaged](const EncodedHandle& update) {
        // Merged with nothing: the model as the encoding left it, which is what clients will have.
        node.merge(averaged, 1, {}, round(), [this, &node, update](const ModelHandle& model) {
            finish(node, model);
            if (round() == node.num_rounds()) {
                return;
            }
            for (const NodeId client : clients()) {
                node.send(client, round(), update);
            }
        });
    });
}

ProtocolPlan plan_stc(const Spec& spec, NodeId /*num_nodes*/) {
    const ClientWeights weights =
        client_weights(protocol_options(spec, {"weights"}), ClientWeights::kUniform);
    return plan_of_server<StcServer>(weights, true, weights);
}

}  // namespace murmur
