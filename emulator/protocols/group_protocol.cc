#include "emulator/protocols/group_protocol.h"

#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace murmur {

std::vector<NodeId> all_there(const NodeContext& node) {
    std::vector<NodeId> nodes(node.num_nodes());
    std::iota(nodes.begin(), nodes.end(), NodeId{0});
    std::erase_if(nodes, [&node](NodeId other) { return !node.is_present(other); });
    return nodes;
}

void GroupProtocol::begin_with(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    if (node().has_churn()) {
        start_ = model;
    }
    is_training_ = true;
    serve();
    node().train(model, node().round(), [this, model](TrainedModel trained) mutable {
        is_training_ = false;
        if (!is_away()) {
            exchange(std::move(model), std::move(trained.model));
        }
    });
}

void GroupProtocol::conclude(ModelHandle model) {
    node().finish_round(model);
    begin_with(std::move(model));
}

Collective GroupProtocol::collective_of(CollectiveForm form, std::vector<NodeId> members) const {
    const std::uint64_t number = node().round();
    std::erase_if(members, [this, number](NodeId member) {
        return !collectives().takes_part(number, member);
    });
    return {.number = number, .members = std::move(members), .form = form};
}

Collective GroupProtocol::collective_of_all(CollectiveForm form) const {
    return {.number = node().round(), .members = all_there(node().round()), .form = form};
}

void GroupProtocol::be_back_with(ModelHandle model) {
    if (node().has_churn()) {
        start_ = std::move(model);
    }
}

ModelHandle GroupProtocol::own_model() const {
    return start_ ? start_ : node().initial_model();
}

bool GroupProtocol::stands_before(std::uint64_t number) const {
    return node().round() == number;
}

void GroupProtocol::give_state(NodeContext::EncodedCallback done) {
    node().encode_aside(
        WholeModel::size_of(node().num_parameters()),
        [](const Parameters& model) -> Encoded { return std::make_shared<const WholeModel>(model); },
        std::move(done),
        start_);
}

void GroupProtocol::take_state(EncodedHandle state, NodeContext::ModelCallback done) {
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = node().num_parameters()},
        [](const Encoded& whole) { return dynamic_cast<const WholeModel&>(*whole).parameters(); },
        std::move(done),
        std::move(state));
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

ProtocolPlan plan_of_group(ProtocolFactory make, bool has_common_state) {
    ProtocolPlan plan;
    // Held by all copies of the function, so that nodes of a run know the same.
    const auto board = std::make_shared<std::shared_ptr<GroupBoard>>();
    plan.make = [make = std::move(make), board](NodeContext& node) {
        if (node.id() == 0) {
            *board = std::make_shared<GroupBoard>();
        }
        std::unique_ptr<Protocol> protocol = make(node);
        dynamic_cast<GroupMember&>(*protocol).join(*board);
        return protocol;
    };
    plan.peers = ProtocolPlan::Peers::kAny;
    plan.needs_weighted_means = false;
    plan.has_own_messages = true;
    plan.lives_with_churn = true;
    plan.has_common_state = has_common_state;
    return plan;
}

}  // namespace murmur
