#include "emulator/protocols/teleportation.h"

#include "emulator/protocols/common_knowledge.h"
#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_model.h"
#include "topologies/overlays.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace murmur {

namespace {

void require_enough(std::size_t there, NodeId places) {
    if (there < places) {
        throw std::runtime_error(
            fmt::format("teleportation: {} nodes are left for {} places, allowed as many or more; "
                        "take a lower active",
                        there,
                        places));
    }
}

}  // namespace

Places::Places(Options options, NodeId num_nodes, std::uint64_t seed, const Graph& graph)
    : options_(options),
      num_nodes_(num_nodes),
      seed_(seed),
      finished_(options.active),
      begun_(options.active),
      closed_(options.active),
      keepers_(options.active) {
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
    if (drawn_.size() == kKept && !has_churn()) {
        drawn_.erase(drawn_.begin());
    }
    return drawn_.emplace(round, draw(round)).first->second;
}

std::vector<NodeId> Places::draw(std::uint64_t round) const {
    RandomStream stream(stream_seed(seed_, "active nodes", 0, round));
    RandomStream order(stream_seed(seed_, "places", 0, round));
    if (!has_churn()) {
        // All nodes are "others" of one more.
        std::vector<NodeId> nodes =
            random_peers(stream, num_nodes_, num_nodes_ + 1, options_.active);
        if (options_.are_shuffled) {
            order.shuffle(std::span(nodes));
        }
        return nodes;
    }
    std::vector<NodeId> nodes = all_there(*watched.front());
    require_enough(nodes.size(), options_.active);
    stream.shuffle(std::span(nodes));
    nodes.resize(options_.active);
    if (!options_.are_shuffled) {
        std::ranges::sort(nodes);
    }
    return nodes;
}

NodeId Places::draw_heir(std::uint64_t round, NodeId place) const {
    std::vector<NodeId> free = all_there(*watched.front());
    require_enough(free.size(), options_.active);
    const std::vector<NodeId>& taken = drawn_.at(round);
    std::erase_if(free, [&](NodeId node) { return std::ranges::find(taken, node) != taken.end(); });
    RandomStream stream(stream_seed(seed_, "heir", place, round));
    return free[stream.below(free.size())];
}

void Places::finish(NodeId place, NodeId node, const ModelHandle& model) {
    ++finished_[place];
    if (has_churn()) {
        keepers_[place] = Keeper{node, model};
    }
}

const std::vector<Places::Death>& Places::deaths_of(NodeId node) {
    const SimTime now = watched.front()->now();
    const auto [found, is_first] = deaths_.try_emplace(node);
    auto& [time, deaths] = found->second;
    const bool is_new = is_first || std::exchange(time, now) != now;
    if (is_new) {
        time = now;
        deaths.clear();
    }
    for (auto round = drawn_.begin(); is_new && round != drawn_.end(); ++round) {
        for (NodeId place = 0; place < options_.active; ++place) {
            if (round->second[place] != node || round->first < finished_[place]) {
                continue;
            }
            const NodeId heir = draw_heir(round->first, place);
            round->second[place] = heir;
            const bool is_under_way = round->first == finished_[place];
            if (is_under_way) {
                begun_[place] = closed_[place] = finished_[place];
            }
            deaths.push_back({round->first, place, heir, is_under_way});
        }
    }
    return deaths;
}

void Places::forget_keeper(NodeId node) {
    for (std::optional<Keeper>& keeper : keepers_) {
        if (keeper && keeper->node == node) {
            keeper.reset();
        }
    }
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
    node().watch_all();
    if (node().now() == SimTime(0) && node().num_rounds() > 0 && places_->place_of(node().id(), 0)) {
        begin(0, node().initial_model());
    }
}

Teleportation::Activity& Teleportation::activity(std::uint64_t round) {
    return activities_.try_emplace(round, Activity{.place = *places_->place_of(node().id(), round)})
        .first->second;
}

void Teleportation::begin(std::uint64_t round, ModelHandle model) {
    places_->begin(activity(round).place);
    node().train(std::move(model), round, while_there([this, round](TrainedModel trained) {
                     share(round, std::move(trained.model));
                 }));
}

void Teleportation::share(std::uint64_t round, ModelHandle trained) {
    const auto send = [this, round, trained](const EncodedHandle& encoded) {
        Activity& own = activity(round);
        for (const NodeId place : places_->next_to(own.place)) {
            send_model(round, place, encoded);
        }
        own.model = trained;
        if (node().has_churn()) {
            own.encoded = encoded;
        }
        merge_when_complete(round);
    };
    node().encode(trained, round, while_there(send));
}

void Teleportation::send_model(std::uint64_t round, NodeId place, const EncodedHandle& encoded) {
    node().send({.to = places_->nodes(round)[place],
                 .round = round,
                 .content = encoded,
                 .note = make_note(kExchange)});
}

void Teleportation::on_message(const Incoming& message) {
    const std::uint64_t round = message.round;
    if (message.note->kind() == kExchange) {
        const std::optional<NodeId> place = places_->place_of(message.from, round);
        const std::optional<NodeId> here = places_->place_of(node().id(), round);
        if (!place || !here || places_->has_closed(*here, round)) {
            node().count("late_models");  // of a node that has left since
            return;
        }
        Activity& own = activity(round);
        if (own.heard.insert(*place).second) {
            own.arrived[message.from] = message.content;
        }
        merge_when_complete(round);
        return;
    }
    places_->begin(*places_->place_of(node().id(), round));
    node().compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = node().num_parameters()},
        [](const Encoded& content) {
            return dynamic_cast<const WholeModel&>(*content).parameters();
        },
        while_there([this, round](ModelHandle model) { begin(round, std::move(model)); }),
        message.content);
}

void Teleportation::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
    }
}

void Teleportation::on_return(ModelHandle model) {
    node().drop_work();
    if (model) {
        places_->forget_keeper(node().id());
    }
}

void Teleportation::on_peer_left(NodeId peer) {
    for (const Places::Death& death : places_->deaths_of(peer)) {
        take_over(death);
    }
    // Of a round that its place is through with, what it had not yet handed over will not come.
    std::vector<std::uint64_t> freed;
    for (auto& [round, own] : activities_) {
        for (const NodeId place : places_->next_to(own.place)) {
            if (places_->finished(place) > round && places_->nodes(round)[place] == peer &&
                !own.heard.contains(place) && own.excused.insert(place).second) {
                freed.push_back(round);
            }
        }
    }
    for (const std::uint64_t round : freed) {
        if (activities_.contains(round)) {
            merge_when_complete(round);
        }
    }
    // What it was handing on is lost.
    for (NodeId place = 0; place < places_->num_places(); ++place) {
        const std::uint64_t round = places_->finished(place);
        const std::optional<Places::Keeper>& keeper = places_->keeper(place);
        if (keeper && keeper->node == peer && round < node().num_rounds() &&
            !places_->has_begun(place) && places_->nodes(round)[place] == node().id()) {
            begin_anew(round);
        }
    }
}

void Teleportation::begin_anew(std::uint64_t round) {
    node().count("places_begun_anew");
    begin(round, node().initial_model());
}

void Teleportation::take_over(const Places::Death& death) {
    const auto& [round, place, heir, is_under_way] = death;
    const std::optional<Places::Keeper>& keeper = places_->keeper(place);
    const bool is_kept = keeper && node().is_present(keeper->node);
    if (is_under_way && heir == node().id()) {
        Activity& own = activity(round);
        for (const NodeId other : places_->next_to(place)) {
            if (places_->has_closed(other, round)) {
                own.excused.insert(other);
            }
        }
        if (!is_kept) {
            begin_anew(round);
        }
    }
    if (is_under_way && is_kept && keeper->node == node().id()) {
        hand_over(round, place, keeper->model);
    }
    const auto own = activities_.find(round);
    if (own != activities_.end() && own->second.encoded) {
        const std::vector<NodeId>& next = places_->next_to(own->second.place);
        if (std::ranges::find(next, place) != next.end()) {
            send_model(round, place, own->second.encoded);
        }
    }
}

std::size_t Teleportation::num_awaited(const Activity& own) const {
    const std::vector<NodeId>& next = places_->next_to(own.place);
    return static_cast<std::size_t>(std::ranges::count_if(next, [&](NodeId place) {
        return !own.heard.contains(place) && !own.excused.contains(place);
    }));
}

void Teleportation::merge_when_complete(std::uint64_t round) {
    Activity& own = activity(round);
    if (!own.model || num_awaited(own) > 0) {
        return;
    }
    for (std::size_t i = own.arrived.size(); i < places_->next_to(own.place).size(); ++i) {
        node().count("missing_models");
    }
    const double weight = 1.0 / static_cast<double>(own.arrived.size() + 1);
    std::vector<WeightedModel> models;
    for (auto& [from, content] : own.arrived) {
        models.push_back({from, weight, std::move(content)});
    }
    ModelHandle trained = std::move(own.model);
    const NodeId place = own.place;
    activities_.erase(round);
    places_->close(place);
    node().merge(std::move(trained),
                 weight,
                 std::move(models),
                 round,
                 while_there([this, round, place](const ModelHandle& merged) {
                     finish_round(round, place, merged);
                     hand_over(round + 1, place, merged);
                 }));
}

void Teleportation::finish_round(std::uint64_t round, NodeId place, const ModelHandle& merged) {
    places_->finish(place, node().id(), merged);
    for (NodeId j = place; j < node().num_nodes(); j += places_->num_places()) {
        if (node().is_present(j)) {
            places_->watched[j]->finish_round(merged);
        } else {
            places_->watched[j]->miss_rounds(round + 1);
        }
    }
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
        while_there([this, next, round](EncodedHandle content) {
            node().send({.to = next,
                         .round = round,
                         .content = std::move(content),
                         .note = make_note(kHandOver)});
        }),
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
    return fmt::format("round {}: models of {} neighbors", round, num_awaited(own));
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
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
