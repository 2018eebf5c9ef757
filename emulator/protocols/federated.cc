#include "emulator/protocols/federated.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

namespace murmur {

namespace {

/// The note of a reply that says how many samples the client has.
constexpr std::uint32_t kSampleCount = 0;

}  // namespace

void FederatedServer::expect(std::vector<NodeId> clients) {
    clients_ = std::move(clients);
}

void FederatedServer::on_message(NodeContext& node, const Incoming& message) {
    const double weight = message.note ? message.note->numbers.front() : 1;
    replies_[message.from] = {message.content, weight};
    if (replies_.size() < clients_.size()) {
        return;
    }
    const double sum =
        std::accumulate(replies_.begin(), replies_.end(), 0.0, [](double part, const auto& reply) {
            return part + reply.second.weight;
        });
    std::vector<WeightedModel> models;
    for (auto& [client, reply] : replies_) {
        models.push_back({client, reply.weight / sum, std::move(reply.content)});
    }
    replies_.clear();
    const ModelHandle previous = model_ ? model_ : node.initial_model();
    node.merge(previous, 0, std::move(models), round_, [this, &node](ModelHandle averaged) {
        conclude(node, std::move(averaged));
    });
}

void FederatedServer::finish(NodeContext& node, const ModelHandle& model) {
    model_ = model;
    node.finish_round_of_all(++round_, model);
}

std::string FederatedServer::waits_for() const {
    return fmt::format(
        "round {}: replies of {} clients", round_, clients_.size() - replies_.size());
}

void FederatedClient::on_start(NodeContext& node) {
    model_ = node.initial_model();
    if (starts_alone_) {
        train(node, 0);
    }
}

void FederatedClient::on_message(NodeContext& node, const Incoming& message) {
    node.merge(std::exchange(model_, {}),
               0,
               {{message.from, 1, message.content}},
               message.round,
               [this, &node, round = message.round](ModelHandle taken_over) {
                   model_ = std::move(taken_over);
                   train(node, round);
               });
}

void FederatedClient::train(NodeContext& node, std::uint64_t round) {
    node.train(std::exchange(model_, {}), round, [this, &node, round](ModelHandle trained) {
        model_ = std::move(trained);
        node.encode(model_, round, [this, &node, round](const EncodedHandle& encoded) {
            if (weights_ == ClientWeights::kSamples) {
                node.send_note(FederatedServer::kServer,
                               round,
                               make_note(kSampleCount, {node.num_samples()}),
                               encoded);
            } else {
                node.send(FederatedServer::kServer, round, encoded);
            }
        });
    });
}

std::string FederatedClient::waits_for() const {
    return "the server";
}

ClientWeights client_weights(const SpecOptions& options, ClientWeights fallback) {
    return options.choice<ClientWeights>(
        "weights",
        fallback,
        {{"samples", ClientWeights::kSamples}, {"uniform", ClientWeights::kUniform}});
}

std::vector<NodeId> all_clients(NodeId num_nodes) {
    std::vector<NodeId> clients(num_nodes - 1);
    std::iota(clients.begin(), clients.end(), NodeId{1});
    return clients;
}

}  // namespace murmur
