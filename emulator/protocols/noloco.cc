#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/outer_step.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace murmur {
namespace {

/// NoLoCo: after the local work of a round each node exchanges outer weights and what has changed
/// with one partner and takes the outer step of `GroupOuterOptimizer`; there is no barrier but that
/// of the pair.  A permutation of the nodes, drawn from the run's seed for each round, makes the
/// pairs: its places 2 k and 2 k + 1.  The last of an odd number is alone for that round.
///
/// A message is both vectors, one behind the other: 2 models, as in jkolehm/noloco, where they go to
/// the first of the group and the means come back.
class Noloco final : public GroupProtocol {
  public:
    Noloco(NodeContext& node, const GroupOuterOptimizer& outer, std::optional<SimTime> timeout)
        : GroupProtocol(node, {.timeout = timeout}),
          outer_(outer),
          momenta_(vector_cell(node.id(), "outer momenta")) {}

  private:
    [[nodiscard]] bool has_common_state() const override { return false; }
    void forget_own() override { momenta_ = vector_cell(node().id(), "outer momenta"); }

    void exchange(ModelHandle phi, ModelHandle trained) override {
        const auto join = [](const Parameters& start, const Parameters& end) -> Encoded {
            const std::size_t size = start->size();
            auto both = std::make_shared<ParameterVector>(2 * size);
            std::ranges::copy(start->values(), both->values().begin());
            for (std::size_t i = 0; i < size; ++i) {
                both->values()[size + i] = end->values()[i] - start->values()[i];
            }
            return std::make_shared<const WholeModel>(std::move(both));
        };
        const std::size_t values = 2 * node().num_parameters();
        node().encode_with(
            {.round = node().round(),
             .values_read = values,
             .size = MessageSize{sizeof(float) * values, kWholeModelMetadataBytes}},
            join,
            [this, phi](EncodedHandle both) {
                collectives().all_gather(collective_of(CollectiveForm::kDirect, pair()),
                                         std::move(both),
                                         [this, phi](Collectives::Gathered members) {
                                             step(phi, std::move(members));
                                         });
            },
            phi,
            std::move(trained));
    }

    [[nodiscard]] std::vector<NodeId> pair() const {
        std::vector<NodeId> order(node().num_nodes());
        std::iota(order.begin(), order.end(), NodeId{0});
        node().shared_stream("noloco", node().round()).shuffle(std::span(order));
        const auto place = std::find(order.begin(), order.end(), node().id()) - order.begin();
        const auto first = static_cast<std::size_t>(place / 2 * 2);
        std::vector<NodeId> members{order[first]};
        if (first + 1 < order.size()) {
            members.push_back(order[first + 1]);
        }
        std::sort(members.begin(), members.end());
        return members;
    }

    void step(ModelHandle phi, Collectives::Gathered members) {
        // A partner that was not heard in time is no member.
        std::erase_if(members, [](const EncodedHandle& member) { return !member; });
        const std::uint64_t values_read = (2 * members.size() + 1) * node().num_parameters();
        node().compute(
            {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
            [outer = outer_, layout = &node().layout()](const Parameters& own,
                                                        const std::vector<Encoded>& contents,
                                                        std::vector<float>& momenta) {
                std::vector<GroupOuterOptimizer::Member> group;
                for (const Encoded& content : contents) {
                    const std::span<const float> both =
                        dynamic_cast<const WholeModel&>(*content).parameters()->values();
                    group.push_back({both.first(both.size() / 2), both.subspan(both.size() / 2)});
                }
                return outer.step(*own, group, momenta, *layout);
            },
            [this](ModelHandle stepped) { conclude(std::move(stepped)); },
            std::move(phi),
            std::move(members),
            momenta_);
    }

    GroupOuterOptimizer outer_;
    StateCell<std::vector<float>> momenta_;
};

GroupOuterOptimizer read_outer(const Options& options) {
    constexpr double kLargest = 1e6;
    GroupOuterOptimizer outer{.lr = options.number("lr", {0, kLargest}),
                              .momentum = options.number("momentum", {0, 1})};
    outer.consensus =
        options.has("consensus") ? options.number("consensus", {0, kLargest}) : outer.lr;
    if (outer.momentum == 1) {
        options.refuse("momentum: got 1, allowed 0 and above, below 1");
    }
    return outer;
}

}  // namespace

void register_noloco(ProtocolRegistry& registry) {
    registry.add({"noloco",
                  "work for a round, then an outer step with one random partner",
                  {named("lr", "0.7", "of the outer step"),
                   named("momentum", "0.5", "of the outer step, below 1"),
                   unset("consensus", "NUMBER", "factor of the pull to the pair's mean; lr"),
                   collective_timeout_option()}},
                 [](const Options& options, NodeId) {
                     return plan_of_group(
                         [outer = read_outer(options),
                          timeout = collective_timeout(options)](NodeContext& node) {
                             return std::make_unique<Noloco>(node, outer, timeout);
                         },
                         false);
                 });
}

}  // namespace murmur
