#include "emulator/protocols/fedbuff.h"

#include "emulator/protocols/federated.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"
#include "learning/model_change.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace murmur {

namespace {

OwnEncoding whole_encoding(const NodeContext& node, std::uint64_t round, std::uint64_t reads) {
    const std::size_t values = node.num_parameters();
    return {.round = round,
            .values_read = reads * values,
            .size = MessageSize{sizeof(float) * values, kWholeModelMetadataBytes}};
}

}  // namespace

void FedBuffServer::on_start() {
    model_ = node().initial_model();
    num_due_ = options_.concurrency;
    watch_clients(node());
    proceed();
}

void FedBuffServer::on_message(const Incoming& message) {
    training_.erase(message.from);
    ++num_due_;
    buffer_.push_back({message.round, message.content});
    if (has_full_buffer()) {
        proceed();
    }
    if (!is_start_due_) {
        is_start_due_ = true;
        node().after(SimTime(0), [this] {
            is_start_due_ = false;
            proceed();
        });
    }
}

void FedBuffServer::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void FedBuffServer::on_peer_left(NodeId peer) {
    if (training_.erase(peer) > 0) {
        ++num_due_;
        proceed();
    }
}

void FedBuffServer::on_peer_returned(NodeId /*peer*/) {
    proceed();  // one more that may follow others
}

void FedBuffServer::proceed() {
    if (is_busy_ || node().is_done()) {
        return;
    }
    if (has_full_buffer()) {
        step();
    } else if (num_due_ > 0 && !is_start_due_) {
        if (encoded_) {
            start_clients();
        } else {
            encode();
        }
    }
}

double FedBuffServer::scale(std::uint64_t sent_at) const {
    const auto tau = static_cast<double>(node().round() - sent_at);
    return options_.staleness == Staleness::kSqrt ? 1 / std::sqrt(1 + tau) : 1;
}

void FedBuffServer::step() {
    is_busy_ = true;
    encoded_ = {};
    std::vector<EncodedHandle> changes;
    std::vector<double> weights;
    for (NodeId k = 0; k < options_.buffer; ++k) {
        weights.push_back(options_.lr / options_.buffer * scale(buffer_.front().sent_at));
        changes.push_back(std::move(buffer_.front().content));
        buffer_.pop_front();
    }
    const std::uint64_t values_read = (changes.size() + 1) * node().num_parameters();
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        [weights = std::move(weights), layout = &node().layout()](
            const Parameters& x, const std::vector<Encoded>& received) {
            std::vector<WeightedChange> all;
            for (std::size_t k = 0; k < received.size(); ++k) {
                all.push_back(
                    {weights[k], dynamic_cast<const WholeModel&>(*received[k]).parameters()});
            }
            return add_changes(*x, all, *layout);
        },
        [this](ModelHandle stepped) {
            model_ = std::move(stepped);
            is_busy_ = false;
            node().finish_round_of_all(model_);
            proceed();
        },
        std::exchange(model_, {}),
        std::move(changes));
}

void FedBuffServer::encode() {
    is_busy_ = true;
    node().encode_with(
        whole_encoding(node(), node().round(), 1),
        [](const Parameters& model) -> Encoded { return std::make_shared<WholeModel>(model); },
        [this](EncodedHandle encoded) {
            encoded_ = std::move(encoded);
            is_busy_ = false;
            proceed();
        },
        model_);
}

void FedBuffServer::start_clients() {
    std::vector<NodeId> free;
    for (const NodeId client : clients_there(node())) {
        if (!training_.contains(client)) {
            free.push_back(client);
        }
    }
    RandomStream stream = node().stream("fedbuff-clients", draws_++);
    for (; num_due_ > 0 && !free.empty(); --num_due_) {
        const std::size_t drawn = stream.below(free.size());
        node().send({.to = free[drawn], .round = node().round(), .content = encoded_});
        training_.insert(free[drawn]);
        free.erase(free.begin() + static_cast<std::ptrdiff_t>(drawn));
    }
}

std::string FedBuffServer::waits_for() const {
    return fmt::format("step {}: {} of {} changes are there, {} clients train",
                       node().round(),
                       buffer_.size(),
                       options_.buffer,
                       training_.size());
}

void FedBuffClient::on_message(const Incoming& message) {
    node().compute(
        {.kind = TaskKind::kMerge, .round = message.round, .values_read = node().num_parameters()},
        [](const Encoded& content) {
            return dynamic_cast<const WholeModel&>(*content).parameters();
        },
        [this, version = message.round](const ModelHandle& start) {
            node().train(start, trainings_++, [this, version, start](TrainedModel trained) {
                reply(version, start, std::move(trained.model));
            });
        },
        message.content);
}

void FedBuffClient::reply(std::uint64_t version, ModelHandle before, ModelHandle after) {
    node().encode_with(
        whole_encoding(node(), version, 2),
        [layout = &node().layout()](const Parameters& start, const Parameters& trained) -> Encoded {
            return std::make_shared<WholeModel>(change_between(*start, *trained, *layout));
        },
        [this, version](EncodedHandle change) {
            node().send(
                {.to = FedBuffServer::kServer, .round = version, .content = std::move(change)});
        },
        std::move(before),
        std::move(after));
}

void FedBuffClient::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_changes");
}

void FedBuffClient::on_return(ModelHandle /*model*/) {
    node().drop_work();  // the server has gone on without it
}

void register_fedbuff(ProtocolRegistry& registry) {
    using Staleness = FedBuffServer::Staleness;
    registry.add(
        {"fedbuff",
         "node 0 is a server that steps when some clients have replied, and waits for none",
         {named("buffer", "10", "changes that make a step; all clients where there are fewer"),
          named("concurrency", "20", "clients that train at once; all where there are fewer"),
          named("lr", "1", "of the server, above 0"),
          word(
              "staleness", {"sqrt", "none"}, "what a stale change counts: 1/sqrt(1+steps), or 1")}},
        [](const Options& options, NodeId num_nodes) {
            const std::int64_t clients = std::int64_t{num_nodes} - 1;
            FedBuffServer::Options chosen;
            chosen.buffer = static_cast<NodeId>(integer_or_fewer(options, "buffer", clients));
            chosen.concurrency =
                static_cast<NodeId>(integer_or_fewer(options, "concurrency", clients));
            chosen.lr = options.number("lr", {std::numeric_limits<double>::min(), 1e6});
            chosen.staleness = options.choice<Staleness>(
                "staleness", {{"sqrt", Staleness::kSqrt}, {"none", Staleness::kNone}});
            ProtocolPlan plan;
            plan.make = [chosen](NodeContext& node) -> std::unique_ptr<Protocol> {
                if (node.id() == FedBuffServer::kServer) {
                    return std::make_unique<FedBuffServer>(node, chosen);
                }
                return std::make_unique<FedBuffClient>(node);
            };
            plan.has_server = true;
            plan.lives_with_churn = true;
            plan.has_changing_peers = true;
            plan.has_own_messages = true;
            plan.overlay = {.topology = "star", .weights = "uniform"};
            return plan;
        });
}

}  // namespace murmur
