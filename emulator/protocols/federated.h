#pragma once

#include "emulator/protocols/protocol_plan.h"
#include "tools/text/spec.h"

#include <cstdint>
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
///
/// Where clients come and go the server, which is always there, averages those of the round that are
/// there or have replied; without any it begins anew, or waits until one is back.
class FederatedServer : public Protocol {
  public:
    static constexpr NodeId kServer = 0;

    using Protocol::Protocol;

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    void on_peer_returned(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    /// Begins the present round, at first, or when no client of it is left.
    virtual void begin_round() = 0;
    /// Sends these clients the latest model, and begins to wait for their replies; without any waits
    /// until one is back.  Does nothing once all rounds are done.
    void begin_with(std::vector<NodeId> clients);
    /// Goes on without a client and its reply.
    void forget(NodeId client);
    /// Adds a client to those whose replies it waits for.
    void admit(NodeId client);
    [[nodiscard]] bool is_concluding() const { return is_concluding_; }
    /// Returns the model of the latest finished round, or the start.
    [[nodiscard]] ModelHandle latest_model() const;

    /// Runs when the clients' models have been averaged.
    virtual void conclude(ModelHandle averaged) = 0;

    /// Begins to wait for the replies of this round.
    void expect(std::vector<NodeId> clients);
    /// Finishes the present round with this model.
    void finish(const ModelHandle& model);
    [[nodiscard]] const std::vector<NodeId>& clients() const { return clients_; }

  private:
    void conclude_when_complete();

    struct Reply {
        EncodedHandle content;
        double weight;  ///< not yet divided by the sum of all
    };

    std::vector<NodeId> clients_;  ///< of the present round, ascending
    std::uint64_t attempts_ = 0;   ///< rounds that were begun, those that were left by all included
    std::map<NodeId, Reply> replies_;
    ModelHandle model_;
    bool is_concluding_ = false;
};

/// One of the others: takes the server's model over, trains, and replies.  One that has been away
/// waits for the server.
class FederatedClient : public Protocol {
  public:
    /// @param starts_alone  trains at time 0, from the start that it shares with the server
    FederatedClient(NodeContext& node, ClientWeights weights, bool starts_alone)
        : Protocol(node), weights_(weights), starts_alone_(starts_alone) {}

    /// The note beside a model from the server that is whole, however messages are encoded.
    static constexpr std::uint32_t kWhole = 1;

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void take_whole(const Incoming& message);
    void train(std::uint64_t round);

    ClientWeights weights_;
    bool starts_alone_;
    ModelHandle model_;
    ModelHandle kept_;  ///< the same while it is trained, where that may be dropped
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
    plan.lives_with_churn = true;
    plan.overlay = {.topology = "star", .weights = "uniform"};
    return plan;
}

/// Returns the clients that are there, ascending.
[[nodiscard]] std::vector<NodeId> clients_there(const NodeContext& server);

/// Asks to be told of all clients that leave or return, where any may.
void watch_clients(NodeContext& server);

/// Returns ceil(fraction * clients), at least 1.
[[nodiscard]] NodeId clients_per_round(double fraction, NodeId clients);

/// Draws the clients of the server's present round: so many of all, or of those that are there.
/// @returns  ascending; fewer, or none, where not so many are there
[[nodiscard]] std::vector<NodeId> draw_clients(const NodeContext& server, double fraction);

/// Returns the nodes that are clients of a run of so many nodes: all but node 0.
[[nodiscard]] std::vector<NodeId> all_clients(NodeId num_nodes);

}  // namespace murmur
