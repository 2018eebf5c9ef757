#include "emulator/protocols/group_protocol.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <numeric>

namespace murmur {

std::vector<NodeId> all_there(const NodeContext& node) {
    std::vector<NodeId> nodes(node.num_nodes());
    std::iota(nodes.begin(), nodes.end(), NodeId{0});
    std::erase_if(nodes, [&node](NodeId other) { return !node.is_present(other); });
    return nodes;
}

void GroupProtocol::on_start() {
    collectives_.watch_all();
    begin_round(node().initial_model());
}

void GroupProtocol::begin_round(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    node().train(model, node().round(), [this, model](TrainedModel trained) mutable {
        exchange(std::move(model), std::move(trained.model));
    });
}

void GroupProtocol::conclude(ModelHandle model) {
    node().finish_round(model);
    begin_round(std::move(model));
}

void GroupProtocol::on_message(const Incoming& message) {
    (void)collectives_.take(message);
}

void GroupProtocol::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason) && !collectives_.take_failure(message)) {
        Protocol::on_send_failed(message, reason);
    }
}

std::string GroupProtocol::waits_for() const {
    const std::string others = collectives_.waits_for();
    return fmt::format(
        "round {}: {}", node().round(), others.empty() ? "its own training" : others);
}

Collective GroupProtocol::collective_of(CollectiveForm form, std::vector<NodeId> members) const {
    std::erase_if(members, [this](NodeId member) { return !node().is_present(member); });
    return {.number = node().round(), .members = std::move(members), .form = form};
}

Collective GroupProtocol::collective_of_all(CollectiveForm form) const {
    return collective_of(form, all_there(node()));
}

OptionForm collective_form_option() {
    return word("via", {"ring", "tree", "direct"}, "messages of an all-reduce");
}

CollectiveForm collective_form(const Options& options) {
    return options.choice<CollectiveForm>("via",
                                          {{"ring", CollectiveForm::kRing},
                                           {"tree", CollectiveForm::kTree},
                                           {"direct", CollectiveForm::kDirect}});
}

OptionForm collective_timeout_option() {
    return unset("timeout", "TIME", "go on without those who have not been heard for so long");
}

std::optional<SimTime> collective_timeout(const Options& options) {
    return options.has("timeout") ? std::optional(time_option(options, "timeout")) : std::nullopt;
}

OptionForm value_codec_option() {
    return unset("codec", "CODEC", "of the values that are sent, as --codec has them");
}

std::shared_ptr<const ValueCodec> value_codec(const Options& options) {
    if (!options.has("codec")) {
        return nullptr;
    }
    const Codec codec = make_codec(options.text("codec"));
    if (!codec.values || codec.values->is_raw()) {
        options.refuse(
            fmt::format("codec: got {}, which leaves values as they are, allowed one of values",
                        options.text("codec")));
    }
    return codec.values;
}

ProtocolPlan plan_of_group(ProtocolFactory make) {
    ProtocolPlan plan;
    // Held by all copies of the function, so that nodes of a run know the same.
    const auto board = std::make_shared<std::shared_ptr<CollectiveBoard>>();
    plan.make = [make = std::move(make), board](NodeContext& node) {
        if (node.id() == 0) {
            *board = std::make_shared<CollectiveBoard>();
        }
        std::unique_ptr<Protocol> protocol = make(node);
        dynamic_cast<CollectiveUser&>(*protocol).collectives().join(*board);
        return protocol;
    };
    plan.peers = ProtocolPlan::Peers::kAny;
    plan.needs_weighted_means = false;
    plan.has_own_messages = true;
    plan.lives_with_churn = true;
    plan.lives_with_returns = false;
    return plan;
}

}  // namespace murmur
