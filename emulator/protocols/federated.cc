#include "emulator/protocols/federated.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <utility>

namespace murmur {

namespace {

/// The note of a reply that says how many samples the client has.
constexpr std::uint32_t kSampleCount = 0;

std::uint32_t read_sample_count(const Note& note) {
    NoteReader reader(note, "a client's number of samples");
    const std::uint32_t samples = reader.u32();
    reader.expect_end();
    return samples;
}

}  // namespace

void FederatedServer::expect(std::vector<NodeId> clients) {
    clients_ = std::move(clients);
}

void FederatedServer::on_message(const Incoming& message) {
    const double weight = message.note ? read_sample_count(*message.note) : 1;
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
    const ModelHandle previous = model_ ? model_ : node().initial_model();
    node().merge(previous, 0, std::move(models), node().round(), [this](ModelHandle averaged) {
        conclude(std::move(averaged));
    });
}

void FederatedServer::finish(const ModelHandle& model) {
    model_ = model;
    node().finish_round_of_all(model);
}

std::string FederatedServer::waits_for() const {
    return fmt::format(
        "round {}: replies of {} clients", node().round(), clients_.size() - replies_.size());
}

void FederatedClient::on_start() {
    model_ = node().initial_model();
    if (starts_alone_) {
        train(0);
    }
}

void FederatedClient::on_message(const Incoming& message) {
    node().merge(std::exchange(model_, {}),
                 0,
                 {{message.from, 1, message.content}},
                 message.round,
                 [this, round = message.round](ModelHandle taken_over) {
                     model_ = std::move(taken_over);
                     train(round);
                 });
}

void FederatedClient::train(std::uint64_t round) {
    node().train(std::exchange(model_, {}), round, [this, round](TrainedModel trained) {
        model_ = std::move(trained.model);
        node().encode(model_, round, [this, round](const EncodedHandle& encoded) {
            Outgoing reply{.to = FederatedServer::kServer, .round = round, .content = encoded};
            if (weights_ == ClientWeights::kSamples) {
                reply.note = NoteWriter(kSampleCount).u32(node().num_samples()).finish();
            }
            node().send(std::move(reply));
        });
    });
}

std::string FederatedClient::waits_for() const {
    return "the server";
}

OptionForm client_weights_option(ClientWeights fallback) {
    std::vector<std::string> words{"uniform", "samples"};
    if (fallback == ClientWeights::kSamples) {
        std::swap(words[0], words[1]);
    }
    return word("weights", std::move(words), "of the clients' models: by samples, or all alike");
}

ClientWeights client_weights(const Options& options) {
    return options.choice<ClientWeights>(
        "weights", {{"samples", ClientWeights::kSamples}, {"uniform", ClientWeights::kUniform}});
}

NodeId clients_per_round(double fraction, NodeId clients) {
    // A little less: 0.07 * 100 is above 7 in binary.
    constexpr double kRoundOff = 1e-9;
    const auto count = static_cast<NodeId>(std::ceil(fraction * clients - kRoundOff));
    return count == 0 ? 1 : count;
}

std::vector<NodeId> all_clients(NodeId num_nodes) {
    std::vector<NodeId> clients(num_nodes - 1);
    std::iota(clients.begin(), clients.end(), NodeId{1});
    return clients;
}

}  // namespace murmur
