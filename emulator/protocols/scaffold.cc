#include "emulator/protocols/scaffold.h"

#include "emulator/protocols/federated.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/model_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace murmur {

namespace {

/// What a message holds: model and control variate, or their changes.
struct Pair {
    const Parameters& model;
    const Parameters& control;
};

Pair pair_of(const Encoded& content) {
    const std::vector<Parameters>& both = dynamic_cast<const WholeVectors&>(*content).vectors();
    return {both.at(0), both.at(1)};
}

Encoded message_of(Parameters model, Parameters control) {
    return std::make_shared<const WholeVectors>(
        std::vector<Parameters>{std::move(model), std::move(control)});
}

OwnEncoding pair_encoding(const NodeContext& node, std::uint64_t round, std::uint64_t reads) {
    return {.round = round,
            .values_read = reads * node.num_parameters(),
            .size = WholeVectors::size_of(2, node.num_parameters())};
}

/// Returns a + factor * b.
/// @param a  null: 0
Parameters sum_of(const Parameters& a, const ParameterVector& b, float factor) {
    auto sum = std::make_shared<ParameterVector>(b.size());
    for (std::size_t i = 0; i < b.size(); ++i) {
        sum->values()[i] = (a ? a->values()[i] : 0) + factor * b.values()[i];
    }
    return sum;
}

/// Returns c_i+ - c_i = (x - y) / rates - c, and 0 for buffers, which have no gradient.
Parameters control_change(const Pair& sent,
                          const ParameterVector& trained,
                          double rates,
                          const ParameterLayout& layout) {
    auto change = std::make_shared<ParameterVector>(trained.size());
    const std::span<float> values = change->values();
    const auto factor = static_cast<float>(rates > 0 ? 1 / rates : 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = factor * (sent.model->values()[i] - trained.values()[i]) -
                    sent.control->values()[i];
    }
    for_each_buffer(layout, [values](std::size_t begin, std::size_t size) {
        std::ranges::fill(values.subspan(begin, size), 0.0F);
    });
    return change;
}

/// Returns c_i+ - c_i = g - c_i.
/// @param own  c_i; null: 0
Parameters control_change(const ParameterVector& gradient, const Parameters& own) {
    auto change = std::make_shared<ParameterVector>(gradient.size());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        change->values()[i] = gradient.values()[i] - (own ? own->values()[i] : 0);
    }
    return change;
}

}  // namespace

void ScaffoldServer::on_start() {
    model_ = node().initial_model();
    watch_clients(node());
    begin_round();
}

void ScaffoldServer::begin_round() {
    if (node().is_done()) {
        return;
    }
    clients_ = draw_clients(node(), options_.fraction);
    if (clients_.empty()) {
        return;  // until one is back
    }
    node().encode_with(
        pair_encoding(node(), node().round(), 2),
        [](const Parameters& x, const Parameters& c) -> Encoded {
            return message_of(x, c ? c : make_parameters(std::vector<float>(x->size(), 0.0F)));
        },
        [this, attempt = ++attempts_](const EncodedHandle& encoded) {
            if (attempt != attempts_) {
                return;  // all that it was for have left meanwhile
            }
            for (const NodeId client : clients_) {
                node().send({.to = client, .round = node().round(), .content = encoded});
            }
        },
        model_,
        control_);
}

void ScaffoldServer::on_message(const Incoming& message) {
    const bool is_expected = !is_concluding_ && message.round == node().round() &&
                             std::ranges::find(clients_, message.from) != clients_.end();
    if (!is_expected) {
        node().count("late_changes");
        return;
    }
    replies_[message.from] = message.content;
    conclude_when_complete();
}

void ScaffoldServer::conclude_when_complete() {
    if (!is_concluding_ && !replies_.empty() && replies_.size() == clients_.size()) {
        conclude();
    }
}

void ScaffoldServer::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_models");
}

void ScaffoldServer::on_peer_left(NodeId peer) {
    if (is_concluding_ || replies_.contains(peer) || std::erase(clients_, peer) == 0) {
        return;
    }
    if (clients_.empty()) {
        begin_round();
    } else {
        conclude_when_complete();
    }
}

void ScaffoldServer::on_peer_returned(NodeId /*peer*/) {
    if (clients_.empty() && !is_concluding_) {
        begin_round();
    }
}

void ScaffoldServer::conclude() {
    is_concluding_ = true;
    std::vector<EncodedHandle> contents;
    // In the order of the clients, not of their replies: float addition is not associative.
    for (auto& [client, content] : replies_) {
        contents.push_back(std::move(content));
    }
    replies_.clear();
    const std::uint64_t values_read = 2 * (contents.size() + 1) * node().num_parameters();
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        [lr = options_.lr, clients = node().num_nodes() - 1, layout = &node().layout()](
            const Parameters& x, const std::vector<Encoded>& received, Parameters& c) {
            const double weight = lr / static_cast<double>(received.size());
            std::vector<WeightedChange> changes;
            for (const Encoded& reply : received) {
                changes.push_back({weight, pair_of(reply).model});
                c = sum_of(c, *pair_of(reply).control, 1.0F / static_cast<float>(clients));
            }
            return add_changes(*x, changes, *layout);
        },
        [this](ModelHandle model) {
            model_ = std::move(model);
            is_concluding_ = false;
            node().finish_round_of_all(model_);
            begin_round();
        },
        std::exchange(model_, {}),
        std::move(contents),
        control_);
}

std::string ScaffoldServer::waits_for() const {
    return fmt::format(
        "round {}: replies of {} clients", node().round(), clients_.size() - replies_.size());
}

void ScaffoldClient::on_message(const Incoming& message) {
    node().compute(
        {.kind = TaskKind::kMerge,
         .round = message.round,
         .values_read = 3 * node().num_parameters()},
        [](const Encoded& content, const Parameters& own) {
            const auto [model, control] = pair_of(content);
            return std::pair(model, own ? sum_of(control, *own, -1) : control);
        },
        [this, message](ModelHandle model, ModelHandle correction) {
            if (new_control_ == Control::kUpdate) {
                train(message, std::move(model), std::move(correction), {});
                return;
            }
            node().gradient(
                model, message.round, [this, message, model, correction](ModelHandle gradient) {
                    train(message, model, correction, std::move(gradient));
                });
        },
        message.content,
        control_);
}

void ScaffoldClient::train(const Incoming& message,
                           ModelHandle model,
                           ModelHandle correction,
                           ModelHandle gradient) {
    node().train(
        {.model = std::move(model), .round = message.round, .correction = std::move(correction)},
        [this, message, gradient = std::move(gradient)](TrainedModel trained) {
            reply(message, std::move(trained.model), gradient);
        });
}

void ScaffoldClient::reply(const Incoming& message, ModelHandle trained, ModelHandle gradient) {
    std::vector<ModelHandle> gradients;  // one, or none
    if (gradient) {
        gradients.push_back(std::move(gradient));
    }
    node().encode_with(
        pair_encoding(node(), message.round, 6),
        [rates = node().learning_rates(message.round), layout = &node().layout()](
            const Encoded& content,
            const Parameters& y,
            const std::vector<Parameters>& at_start,
            Parameters& own) -> Encoded {
            const Pair sent = pair_of(content);
            Parameters change = at_start.empty() ? control_change(sent, *y, rates, *layout)
                                                 : control_change(*at_start.front(), own);
            own = sum_of(own, *change, 1);
            return message_of(change_between(*sent.model, *y, *layout), std::move(change));
        },
        [this, round = message.round](EncodedHandle changes) {
            node().send(
                {.to = ScaffoldServer::kServer, .round = round, .content = std::move(changes)});
        },
        message.content,
        std::move(trained),
        std::move(gradients),
        control_);
}

void ScaffoldClient::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_changes");
}

void ScaffoldClient::on_return(ModelHandle model) {
    node().drop_work();  // the server has gone on without it
    if (model) {
        control_ = StateCell<Parameters>(node().id(), "scaffold", nullptr);
    }
}

void register_scaffold(ProtocolRegistry& registry) {
    registry.add(
        {"scaffold",
         "fedavg with control variates: two models each way, and no drift of unlike clients",
         {named("clients", "0.1", "fraction of the clients, above 0, at most 1"),
          named("lr", "1", "of the server, above 0"),
          word("control",
               {"update", "gradient"},
               "a client's new one: from its update (option II), or the gradient at the server's "
               "model, for one more pass (option I)")}},
        [](const Options& options, NodeId num_nodes) {
            const ScaffoldServer::Options chosen{
                .fraction = options.fraction("clients"),
                .lr = options.number("lr", {std::numeric_limits<double>::min(), 1e6})};
            ProtocolPlan plan;
            using Control = ScaffoldClient::Control;
            const auto control = options.choice<Control>(
                "control", {{"update", Control::kUpdate}, {"gradient", Control::kGradient}});
            plan.make = [chosen, control](NodeContext& node) -> std::unique_ptr<Protocol> {
                if (node.id() == ScaffoldServer::kServer) {
                    return std::make_unique<ScaffoldServer>(node, chosen);
                }
                return std::make_unique<ScaffoldClient>(node, control);
            };
            plan.has_server = true;
            plan.has_changing_peers =
                clients_per_round(chosen.fraction, num_nodes - 1) < num_nodes - 1;
            plan.has_own_messages = true;
            plan.needs_plain_sgd = control == Control::kUpdate;
            plan.tells_of_data = control == Control::kGradient ? "gradients as they are" : "";
            plan.lives_with_churn = true;
            plan.overlay = {.topology = "star", .weights = "uniform"};
            return plan;
        });
}

}  // namespace murmur
