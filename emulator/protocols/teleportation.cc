#include "emulator/protocols/teleportation.h"

#include "emulator/protocols/common_knowledge.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace murmur {

Places::Places(Options options, NodeId num_nodes, std::uint64_t seed, const Graph& graph)
    : options_(options), num_nodes_(num_nodes), seed_(seed) {
    for (NodeId place = 0; place < options_.active; ++place) {
        next_to_.push_back(sorted_neighbors(graph, place));
    }
}

const std::vector<NodeId>& Places::nodes(std::uint64_t round) {
    const auto found = drawn_.find(round);
    if (found != drawn_.end()) {
        return found->second;
    }
    constexpr std::size_t kKept = 16;  // places are a few rounds apart; older ones are drawn again
    if (drawn_.size() == kKept) {
        drawn_.erase(drawn_.begin());
    }
    RandomStream stream(stream_seed(seed_, "active nodes", 0, round));
    // All nodes are "others" of one more.
    std::vector<NodeId> nodes = random_peers(stream, num_nodes_, num_nodes_ + 1, options_.active);
    if (options_.are_shuffled) {
        RandomStream(stream_seed(seed_, "places", 0, round)).shuffle(std::span(nodes));
    }
    return drawn_.emplace(round, std::move(nodes)).first->second;
}

std::optional<NodeId> Places::place_of(NodeId node, std::uint64_t round) {
    const std::vector<NodeId>& all = nodes(round);
    const auto found = std::ranges::find(all, node);
    return found == all.end() ? std::nullopt
                              : std::optional(static_cast<NodeId>(found - all.begin()));
}

Teleportation::Teleportation(NodeContext& node, std::shared_ptr<Places> places)
    : Protocol(node), places_(std::move(places)) {
    places_->watched.push_back(&node);
}

void Teleportation::on_start() {
    if (node().num_rounds() > 0 && places_->place_of(node().id(), 0)) {
        begin(0, node().initial_model());
    }
}

Teleportation::Activity& Teleportation::activity(std::uint64_t round) {
    return activities_.try_emplace(round, Activity{.place = *places_->place_of(node().id(), round)})
        .first->second;
}

void Teleportation::begin(std::uint64_t round, ModelHandle model) {
    (void)activity(round);
    node().train(std::move(model), round, [this, round](TrainedModel trained) {
        share(round, std::move(trained.model));
    });
}

void Teleportation::share(std::uint64_t round, ModelHandle trained) {
    node().encode(trained, round, [this, round, trained](const EncodedHandle& encoded) {
        Activity& own = activity(round);
        for (const NodeId place : places_->next_to(own.place)) {
            node().send({.to = places_->nodes(round)[place],
                         .round = round,
                         .content = encoded,
                         .note = make_note(kExchange)});
        }
        own.model = trained;
        merge_when_complete(round);
    });
}

void Teleportation::on_message(const Incoming& message) {
    const std::uint64_t round = message.round;
    if (message.note->kind() == kExchange) {
        activity(round).arrived[message.from] = message.content;
        merge_when_complete(round);
        return;
    }
    node().compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = node().num_parameters()},
        [](const Encoded& content) {
            return dynamic_cast<const WholeModel&>(*content).parameters();
        },
        [this, round](ModelHandle model) { begin(round, std::move(model)); },
        message.content);
}

void Teleportation::merge_when_complete(std::uint64_t round) {
    Activity& own = activity(round);
    const std::size_t degree = places_->next_to(own.place).size();
    if (!own.model || own.arrived.size() < degree) {
        return;
    }
    const double weight = 1.0 / static_cast<double>(degree + 1);
    std::vector<WeightedModel> models;
    for (auto& [from, content] : own.arrived) {
        models.push_back({from, weight, std::move(content)});
    }
    ModelHandle trained = std::move(own.model);
    const NodeId place = own.place;
    activities_.erase(round);
    node().merge(std::move(trained),
                 weight,
                 std::move(models),
                 round,
                 [this, round, place](const ModelHandle& merged) {
                     for (NodeId j = place; j < node().num_nodes(); j += places_->num_places()) {
                         places_->watched[j]->finish_round(merged);
                     }
                     hand_over(round + 1, place, merged);
                 });
}

void Teleportation::hand_over(std::uint64_t round, NodeId place, const ModelHandle& merged) {
    if (round == node().num_rounds()) {
        return;
    }
    const NodeId next = places_->nodes(round)[place];
    if (next == node().id()) {
        begin(round, merged);
        return;
    }
    const std::size_t values = node().num_parameters();
    node().encode_with(
        {.round = round,
         .values_read = values,
         .size = MessageSize{sizeof(float) * values, kWholeModelMetadataBytes}},
        [](const Parameters& model) -> Encoded {
            return std::make_shared<const WholeModel>(model);
        },
        [this, next, round](EncodedHandle content) {
            node().send({.to = next,
                         .round = round,
                         .content = std::move(content),
                         .note = make_note(kHandOver)});
        },
        merged);
}

std::string Teleportation::waits_for() const {
    if (activities_.empty()) {
        return "a model that is handed over";
    }
    const auto& [round, own] = *activities_.begin();
    if (!own.model) {
        return fmt::format("round {}: its own training, or its model", round);
    }
    return fmt::format("round {}: models of {} neighbors",
                       round,
                       places_->next_to(own.place).size() - own.arrived.size());
}

namespace {

/// Returns the default graph, of the authors' code: random regular, log2(k) neighbors each.
std::string default_graph(NodeId active) {
    const NodeId degree = static_cast<NodeId>(std::bit_width(active)) - 1;
    return fmt::format("regular:{}", active * degree % 2 == 0 ? degree : degree + 1);
}

Graph graph_of(const std::string& spec, NodeId active, std::uint64_t seed) {
    return active == 1 ? Graph(1) : make_topology(spec, active, seed);
}

}  // namespace

void register_teleportation(ProtocolRegistry& registry) {
    registry.add(
        {"teleportation",
         "only some nodes are active in a round, and hand their models on to those of the next",
         {named("active", "4", "nodes of a round; all where there are fewer"),
          unset("graph",
                "SPEC",
                "between their places, as --topology; default: regular:log2(active)"),
          word(
              "places", {"shuffled", "sorted"}, "who takes which: at random, or in order of ids")}},
        [](const Options& options, NodeId num_nodes) {
            Places::Options chosen;
            chosen.active = static_cast<NodeId>(integer_or_fewer(options, "active", num_nodes));
            chosen.are_shuffled =
                options.choice<bool>("places", {{"shuffled", true}, {"sorted", false}});
            const std::string graph =
                options.has("graph") ? options.text("graph") : default_graph(chosen.active);
            (void)graph_of(graph, chosen.active, 0);  // refused before the run
            ProtocolPlan plan =
                plan_with_common<Teleportation, Places>([chosen, graph](const NodeContext& first) {
                    const std::uint64_t seed = first.stream("teleportation", 0)();
                    return Places(chosen,
                                  first.num_nodes(),
                                  seed,
                                  graph_of(graph, chosen.active, stream_seed(seed, "graph")));
                });
            plan.peers = ProtocolPlan::Peers::kAny;
            plan.has_changing_peers = true;
            plan.sets_weights = true;
            plan.hands_models_on = true;
            return plan;
        });
}

}  // namespace murmur
