#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "tools/text/spec.h"

#include <map>
#include <string>
#include <vector>

namespace murmur {

/// How a server averages its clients' models.
enum class ClientWeights : std::uint8_t {
    kUniform,
    kSamples,  ///< by the clients' numbers of samples, which travel beside their models
};

/// Node 0 of a federated run: a server that every round averages what some clients reply,
///     x <- sum_{k in S} w_k x_k,    w_k = 1 / |S|  or  n_k / sum_{j in S} n_j.
/// It holds no data and does not train.  The round that it finishes is everybody's.  This is the
/// collecting and averaging that FedAvg and STC have in common.
class FederatedServer : public Protocol {
  public:
    static constexpr NodeId kServer = 0;

    using Protocol::Protocol;

    void on_message(const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Runs when the clients' models have been averaged.
    virtual void conclude(ModelHandle averaged) = 0;

    /// Begins to wait for the replies of this round.
    void expect(std::vector<NodeId> clients);
    /// Finishes the present round with this model.
    void finish(const ModelHandle& model);
    [[nodiscard]] const std::vector<NodeId>& clients() const { return clients_; }

  private:
    struct Reply {
        EncodedHandle content;
        double weight;  ///< not yet divided by the sum of all
    };

    std::vector<NodeId> clients_;  ///< of the present round, ascending
    std::map<NodeId, Reply> replies_;
    ModelHandle model_;
};

/// One of the others: takes the server's model over, trains, and replies.
class FederatedClient : public Protocol {
  public:
    /// @param starts_alone  trains at time 0, from the start that it shares with the server
    FederatedClient(NodeContext& node, ClientWeights weights, bool starts_alone)
        : Protocol(node), weights_(weights), starts_alone_(starts_alone) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void train(std::uint64_t round);

    ClientWeights weights_;
    bool starts_alone_;
    ModelHandle model_;
};

/// The option `weights` of a protocol with a server, and how it is read.
[[nodiscard]] OptionForm client_weights_option(ClientWeights fallback);
[[nodiscard]] ClientWeights client_weights(const Options& options);

/// Returns the plan of a run with a server of type `Server`, made from these arguments.
template <class Server, class... Args>
[[nodiscard]] ProtocolPlan plan_of_server(ClientWeights weights,
                                          bool clients_start_alone,
                                          Args... args) {
    ProtocolPlan plan;
    plan.make = [=](NodeContext& node) -> std::unique_ptr<Protocol> {
        if (node.id() == FederatedServer::kServer) {
            return std::make_unique<Server>(node, args...);
        }
        return std::make_unique<FederatedClient>(node, weights, clients_start_alone);
    };
    plan.has_server = true;
    plan.sets_weights = true;
    plan.overlay = {.topology = "star", .weights = "uniform"};
    return plan;
}

/// Returns ceil(fraction * clients), at least 1.
[[nodiscard]] NodeId clients_per_round(double fraction, NodeId clients);

/// Returns the nodes that are clients of a run of so many nodes: all but node 0.
[[nodiscard]] std::vector<NodeId> all_clients(NodeId num_nodes);

}  // namespace murmur
