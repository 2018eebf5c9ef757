#include "emulator/protocols/shatter.h"

#include "emulator/protocols/common_knowledge.h"
#include "emulator/protocols/open_round.h"
#include "emulator/protocols/plans.h"
#include "topologies/generators.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace murmur {

VirtualNodes::VirtualNodes(Options options,
                           NodeId num_nodes,
                           std::uint64_t seed,
                           FragmentPlan fragments)
    : options_(options),
      num_nodes_(num_nodes),
      seed_(seed),
      fragments_(std::move(fragments)),
      shifts_(options.of_each, 0) {
    if (options_.are_elsewhere) {
        std::vector<NodeId> all(num_nodes - 1);
        std::iota(all.begin(), all.end(), NodeId{1});
        RandomStream(stream_seed(seed, "hosts")).shuffle(std::span(all));
        std::copy_n(all.begin(), options_.of_each, shifts_.begin());
    }
}

const Graph& VirtualNodes::graph(std::uint64_t round) {
    const std::uint64_t drawn = options_.is_dynamic ? round : 0;
    const auto found = graphs_.find(drawn);
    if (found != graphs_.end()) {
        return found->second;
    }
    constexpr std::size_t kKept = 8;  // nodes are a few rounds apart; an older one is drawn again
    if (graphs_.size() == kKept) {
        graphs_.erase(graphs_.begin());
    }
    return graphs_
        .emplace(drawn,
                 k_regular(num_nodes_ * options_.of_each,
                           options_.degree,
                           stream_seed(seed_, "virtual nodes", 0, drawn)))
        .first->second;
}

std::vector<NodeId> VirtualNodes::receivers(NodeId virtual_node, std::uint64_t round) {
    std::vector<NodeId> owners;
    for (const NodeId neighbor : next_to(virtual_node, round)) {
        owners.push_back(owner(neighbor));
    }
    return owners;
}

void Shatter::on_start() {
    model_ = node().initial_model();
    node().watch_all();
    if (node().now() > SimTime(0)) {
        node().rejoin({});
    }
    begin_round();
}

void Shatter::begin_round() {
    if (node().is_done()) {
        return;
    }
    // What came while the round before was merged is of nobody any more.
    inboxes_.erase(inboxes_.begin(), inboxes_.lower_bound(node().round()));
    keep();
    node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
        model_ = std::move(trained.model);
        keep();
        cut();
    });
}

void Shatter::cut() {
    const std::shared_ptr<VirtualNodes>& nodes = virtual_;
    given_ = 0;
    for (std::uint32_t number = 0; number < nodes->fragments().num_fragments(); ++number) {
        const std::size_t values = nodes->fragments().indices(number).size();
        node().encode_with(
            {.round = node().round(),
             .values_read = values,
             .size = FragmentMessage::size_of(values)},
            [nodes, number](const Parameters& trained) -> Encoded {
                return cut_fragment(nodes->fragments(), number, *trained);
            },
            [this, number](EncodedHandle content) {
                give({virtual_->host(node().id(), number),
                      number,
                      node().round(),
                      std::move(content)});
                if (++given_ == virtual_->fragments().num_fragments()) {
                    is_waiting_ = true;
                    merge_when_complete();
                }
            },
            model_);
    }
}

void Shatter::give(const Fragment& fragment) {
    const NodeId self = node().id();
    // An edge between two of this node's own gives back what it has.
    for (const NodeId receiver :
         virtual_->receivers(virtual_->number(self, fragment.number), fragment.round)) {
        if (receiver == self) {
            receive(fragment);
        }
    }
    if (fragment.host == self) {
        forward(fragment, self);
        return;
    }
    node().send({.to = fragment.host,
                 .round = fragment.round,
                 .content = fragment.content,
                 .note = NoteWriter(kToHost).u32(fragment.number).finish()});
}

void Shatter::forward(const Fragment& fragment, NodeId owner) {
    for (const NodeId receiver :
         virtual_->receivers(virtual_->number(owner, fragment.number), fragment.round)) {
        if (receiver == owner) {
            continue;  // it has it
        }
        if (receiver == node().id()) {
            receive(fragment);
            merge_when_complete();
        } else {
            node().send({.to = receiver,
                         .round = fragment.round,
                         .content = fragment.content,
                         .note = NoteWriter(kToOwner).u32(fragment.number).finish()});
        }
    }
}

void Shatter::on_message(const Incoming& message) {
    NoteReader reader(*message.note, "shatter: a fragment");
    const std::uint32_t number = reader.u32();
    reader.expect_end();
    if (number >= virtual_->fragments().num_fragments()) {
        reader.refuse(fmt::format("no fragment has the number {}", number));
    }
    if (message.note->kind() == kToHost) {
        forward({node().id(), number, message.round, message.content}, message.from);
    } else {
        receive({message.from, number, message.round, message.content});
        merge_when_complete();
    }
}

void Shatter::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!is_departure(reason)) {
        Protocol::on_send_failed(message, reason);
        return;
    }
    node().count("lost_fragments");
}

void Shatter::on_peer_left(NodeId /*peer*/) {
    merge_when_complete();
}

void Shatter::keep() {
    if (node().has_churn()) {
        kept_ = model_;
    }
}

void Shatter::on_return(ModelHandle model) {
    if (!moves_to_open_round(node(), bool{model})) {
        return;
    }
    is_waiting_ = false;
    model_ = model ? std::move(model) : std::exchange(kept_, {});
    begin_round();
}

std::size_t Shatter::num_awaited(const Inbox& arrived) const {
    if (!node().has_churn()) {
        return num_expected() - arrived.size();
    }
    const std::uint64_t round = node().round();
    std::map<std::pair<NodeId, std::uint32_t>, std::size_t> awaited;  // by host and number
    for (std::uint32_t own = 0; own < virtual_->options().of_each; ++own) {
        for (const NodeId other :
             virtual_->next_to(virtual_->number(node().id(), own), round)) {
            const NodeId owner = virtual_->owner(other);
            const std::uint32_t number = other % virtual_->options().of_each;
            const NodeId host = virtual_->host(owner, number);
            if (owner == node().id() ||
                (node().takes_part(owner, round) && node().takes_part(host, round))) {
                ++awaited[{host, number}];
            }
        }
    }
    std::size_t sum = 0;
    for (const auto& [key, count] : awaited) {
        sum += count - std::min(count, arrived.count(key));
    }
    return sum;
}

void Shatter::receive(const Fragment& fragment) {
    if (fragment.round < node().round() || node().is_done()) {
        node().count("late_fragments");  // of one that has left since
        return;
    }
    inboxes_[fragment.round].emplace(std::pair(fragment.host, fragment.number), fragment.content);
}

void Shatter::merge_when_complete() {
    const std::uint64_t round = node().round();
    if (!is_waiting_ || num_awaited(inboxes_[round]) > 0) {
        return;
    }
    is_waiting_ = false;
    for (std::size_t i = inboxes_[round].size(); i < num_expected(); ++i) {
        node().count("missing_fragments");
    }
    std::vector<EncodedHandle> contents;
    std::uint64_t values_read = node().num_parameters();
    for (auto& [key, content] : inboxes_[round]) {
        values_read += virtual_->fragments().indices(key.second).size();
        contents.push_back(std::move(content));
    }
    inboxes_.erase(round);
    node().compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = values_read},
        [nodes = virtual_](const Parameters& own, const std::vector<Encoded>& received) {
            return average_fragments(nodes->fragments(), *own, received);
        },
        [this](ModelHandle merged) {
            model_ = std::move(merged);
            node().finish_round(model_);
            begin_round();
        },
        std::exchange(model_, {}),
        std::move(contents));
}

std::string Shatter::waits_for() const {
    const std::uint64_t round = node().round();
    if (!is_waiting_) {
        return fmt::format("round {}: its own work", round);
    }
    const auto inbox = inboxes_.find(round);
    return fmt::format("round {}: {} fragments",
                       round,
                       num_awaited(inbox == inboxes_.end() ? Inbox() : inbox->second));
}

void register_shatter(ProtocolRegistry& registry) {
    registry.add(
        {"shatter",
         "fragments of a model through virtual nodes, over a random graph of all of these",
         {named("virtual", "8", "nodes of each node, which is the number of fragments"),
          named("degree", "4", "of the graph over all virtual nodes"),
          word("graph", {"dynamic", "static"}, "a new one each round, or one"),
          word("hosts",
               {"others", "owner"},
               "of a virtual node: another node, two hops; or its owner, one hop")}},
        [](const Options& options, NodeId num_nodes) {
            VirtualNodes::Options chosen;
            chosen.is_dynamic =
                options.choice<bool>("graph", {{"dynamic", true}, {"static", false}});
            chosen.are_elsewhere =
                options.choice<bool>("hosts", {{"others", true}, {"owner", false}});
            const std::int64_t most =
                chosen.are_elsewhere ? std::int64_t{num_nodes} - 1 : std::int64_t{65'536};
            chosen.of_each = static_cast<NodeId>(integer_or_fewer(options, "virtual", most));
            const std::int64_t all = std::int64_t{num_nodes} * chosen.of_each;
            chosen.degree = static_cast<NodeId>(integer_or_fewer(options, "degree", all - 1));
            if (all * chosen.degree % 2 != 0) {
                options.refuse(fmt::format(
                    "no {}-regular graph on {} virtual nodes exists, their product is odd; make "
                    "either even",
                    chosen.degree,
                    all));
            }
            ProtocolPlan plan =
                plan_with_common<Shatter, VirtualNodes>([chosen](const NodeContext& first) {
                    return VirtualNodes(chosen,
                                        first.num_nodes(),
                                        first.stream("shatter", 0)(),
                                        permuted_fragments(first.layout(),
                                                           first.num_parameters(),
                                                           chosen.of_each,
                                                           first.stream("fragments", 0)()));
                });
            plan.peers = ProtocolPlan::Peers::kAny;
            plan.has_changing_peers = true;
            plan.has_own_messages = true;
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
