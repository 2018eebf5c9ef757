#include "emulator/protocols/federated.h"

#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
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

void FederatedServer::on_start() {
    watch_clients(node());
    begin_round();
}

void FederatedServer::expect(std::vector<NodeId> clients) {
    clients_ = std::move(clients);
}

void FederatedServer::begin_with(std::vector<NodeId> clients) {
    if (node().is_done()) {
        return;
    }
    expect(std::move(clients));
    if (clients_.empty()) {
        return;
    }
    node().encode(latest_model(),
                  node().round(),
                  [this, attempt = ++attempts_](const EncodedHandle& encoded) {
                      if (attempt != attempts_) {
                          return;  // all that it was for have left meanwhile
                      }
                      for (const NodeId client : clients_) {
                          node().send({.to = client, .round = node().round(), .content = encoded});
                      }
                  });
}

void FederatedServer::on_message(const Incoming& message) {
    const bool is_expected =
        message.round == node().round() &&
        std::find(clients_.begin(), clients_.end(), message.from) != clients_.end();
    if (!is_expected) {
        node().count("late_models");
        return;
    }
    const double weight = message.note ? read_sample_count(*message.note) : 1;
    replies_[message.from] = {message.content, weight};
    conclude_when_complete();
}

void FederatedServer::conclude_when_complete() {
    const bool is_complete = std::all_of(clients_.begin(), clients_.end(), [this](NodeId client) {
        return replies_.contains(client);
    });
    if (is_concluding_ || !is_complete || replies_.empty()) {
        return;
    }
    is_concluding_ = true;
    const double sum =
        std::accumulate(replies_.begin(), replies_.end(), 0.0, [](double part, const auto& reply) {
            return part + reply.second.weight;
        });
    std::vector<WeightedModel> models;
    for (auto& [client, reply] : replies_) {
        models.push_back({client, reply.weight / sum, std::move(reply.content)});
    }
    replies_.clear();
    node().merge(
        latest_model(), 0, std::move(models), node().round(), [this](ModelHandle averaged) {
            conclude(std::move(averaged));
        });
}

ModelHandle FederatedServer::latest_model() const {
    return model_ ? model_ : node().initial_model();
}

void FederatedServer::forget(NodeId client) {
    std::erase(clients_, client);
    replies_.erase(client);
    if (is_concluding_ || node().is_done()) {
        return;
    }
    if (clients_.empty() && replies_.empty()) {
        begin_round();
    } else {
        conclude_when_complete();
    }
}

void FederatedServer::admit(NodeId client) {
    const auto place = std::lower_bound(clients_.begin(), clients_.end(), client);
    if (place == clients_.end() || *place != client) {
        clients_.insert(place, client);
    }
}

void FederatedServer::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void FederatedServer::on_peer_left(NodeId peer) {
    if (!replies_.contains(peer)) {  // else its reply counts
        forget(peer);
    }
}

void FederatedServer::on_peer_returned(NodeId /*peer*/) {
    if (clients_.empty() && !is_concluding_) {
        begin_round();
    }
}

void FederatedServer::finish(const ModelHandle& model) {
    model_ = model;
    is_concluding_ = false;
    std::erase_if(clients_, [this](NodeId client) { return !node().is_present(client); });
    node().finish_round_of_all(model);
}

std::string FederatedServer::waits_for() const {
    return fmt::format(
        "round {}: replies of {} clients", node().round(), clients_.size() - replies_.size());
}

void FederatedClient::on_start() {
    model_ = node().initial_model();
    if (starts_alone_ && node().now() == SimTime(0)) {
        train(0);  // one that comes late waits for the server
    }
}

void FederatedClient::on_message(const Incoming& message) {
    if (message.note && message.note->kind() == kWhole) {
        take_whole(message);
        return;
    }
    if (node().has_churn()) {
        kept_ = model_;
    }
    node().merge(std::exchange(model_, {}),
                 0,
                 {{message.from, 1, message.content}},
                 message.round,
                 [this, round = message.round](ModelHandle taken_over) {
                     model_ = std::move(taken_over);
                     train(round);
                 });
}

void FederatedClient::take_whole(const Incoming& message) {
    node().compute(
        {.kind = TaskKind::kMerge, .round = message.round, .values_read = node().num_parameters()},
        [](const Encoded& whole) { return dynamic_cast<const WholeModel&>(*whole).parameters(); },
        [this, round = message.round](ModelHandle model) {
            node().restart_sharing(model);
            model_ = std::move(model);
            train(round);
        },
        static_cast<const Handle<Encoded>&>(message.content));
}

void FederatedClient::train(std::uint64_t round) {
    if (node().has_churn()) {
        kept_ = model_;
    }
    node().train(std::exchange(model_, {}), round, [this, round](TrainedModel trained) {
        kept_ = {};
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

void FederatedClient::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void FederatedClient::on_return(ModelHandle model) {
    node().drop_work();
    if (model) {
        model_ = std::move(model);
    } else if (!model_) {
        model_ = std::exchange(kept_, {});
    }
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

void watch_clients(NodeContext& server) {
    if (server.has_churn()) {
        for (const NodeId client : all_clients(server.num_nodes())) {
            server.watch(client);
        }
    }
}

std::vector<NodeId> clients_there(const NodeContext& server) {
    std::vector<NodeId> there = all_clients(server.num_nodes());
    std::erase_if(there, [&server](NodeId client) { return !server.is_present(client); });
    return there;
}

std::vector<NodeId> draw_clients(const NodeContext& server, double fraction) {
    const NodeId count = clients_per_round(fraction, server.num_nodes() - 1);
    RandomStream stream = server.stream("clients", server.round());
    if (!server.has_churn()) {
        return random_peers(stream, FederatedServer::kServer, server.num_nodes(), count);
    }
    std::vector<NodeId> there = clients_there(server);
    stream.shuffle(std::span(there));
    there.resize(std::min<std::size_t>(there.size(), count));
    std::sort(there.begin(), there.end());
    return there;
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
