#include "emulator/protocols/relaysgd.h"

#include "emulator/network/overlay.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_vectors.h"

#include <boost/graph/adjacency_list.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

enum Kind : std::uint32_t { kSum, kLost };

std::uint32_t read_count(const Note& note) {
    NoteReader reader(note, "relaysgd: a sum");
    const std::uint32_t count = reader.u32();
    reader.expect_end();
    return count;
}

/// Returns (x + sum of messages) * factor + rest * start.
Parameters sum_of(const ParameterVector& x,
                  const std::vector<Encoded>& messages,
                  double factor = 1,
                  const ParameterVector* start = nullptr,
                  double rest = 0) {
    std::vector<double> sum(x.values().begin(), x.values().end());
    for (const Encoded& message : messages) {
        const auto values = dynamic_cast<const WholeVectors&>(*message).vectors().front()->values();
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i] += values[i];
        }
    }
    auto result = std::make_shared<ParameterVector>(x.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
        const double missing = start != nullptr ? rest * start->values()[i] : 0;
        result->values()[i] = static_cast<float>(factor * sum[i] + missing);
    }
    return result;
}

/// Refuses overlays with cycles: a sum would come back to who sent it.
void check_tree(const ProtocolOptions& options, const Overlay& overlay) {
    const std::size_t edges = boost::num_edges(overlay.graph(0));
    if (edges + 1 != options.nodes) {
        throw std::invalid_argument(fmt::format(
            "--topology: got {} with {} edges for {} nodes with --protocol={}, allowed a tree, "
            "such as spanning-tree:{}",
            options.topology,
            edges,
            options.nodes,
            options.protocol,
            options.topology));
    }
}

}  // namespace

void RelaySgd::on_start() {
    for (const NeighborWeight& edge : node().neighbors(0).out) {
        tree_.push_back(edge.neighbor);
        node().watch(edge.neighbor);
    }
    model_ = node().initial_model();
    if (node().now() > SimTime(0)) {
        node().rejoin(tree_);  // the others may have begun before
    }
    begin_round();
}

void RelaySgd::begin_round() {
    phase_ = Phase::kTraining;  // also of one that has missed the last rounds: it merges no more
    if (node().is_done()) {
        return;
    }
    inbox_.erase(inbox_.begin(), inbox_.lower_bound(node().round()));
    keep();
    node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
        relay(std::move(trained.model));
    });
}

void RelaySgd::keep() {
    if (node().has_churn()) {
        kept_ = model_;
    }
}

void RelaySgd::relay(ModelHandle half) {
    phase_ = Phase::kRelaying;
    model_ = std::move(half);
    keep();
    std::ranges::copy_if(tree_,
                         std::inserter(to_send_, to_send_.end()),
                         [this](NodeId neighbor) { return takes_part(neighbor); });
    if (to_send_.empty()) {
        // Nobody is there to hear of this round: who comes back is not to wait for its sum.
        node().take_part_from(node().round() + 1);
        wait_when_sent();
    }
    const std::vector<NodeId> receivers(to_send_.begin(), to_send_.end());
    for (const NodeId neighbor : receivers) {
        send_to(neighbor);
    }
}

void RelaySgd::wait_when_sent() {
    if (to_send_.empty()) {
        latest_.clear();
        phase_ = Phase::kWaiting;
        merge_when_complete();
    }
}

void RelaySgd::send_to(NodeId neighbor) {
    to_send_.insert(neighbor);
    std::vector<EncodedHandle> relayed;
    std::uint32_t count = 1;
    for (const auto& [from, sum] : latest_) {
        if (from != neighbor && sum.models) {
            relayed.push_back(sum.models);
            count += sum.count;
        }
    }
    const std::uint64_t vectors = 1 + relayed.size();
    node().encode_with(
        {.round = node().round(),
         .values_read = vectors * node().num_parameters(),
         .size = WholeVectors::size_of(1, node().num_parameters())},
        [](const Parameters& x, const std::vector<Encoded>& sums) -> Encoded {
            // Of this node's model alone: as it is.
            return std::make_shared<const WholeVectors>(
                std::vector{sums.empty() ? x : sum_of(*x, sums)});
        },
        [this, neighbor, count](const EncodedHandle& message) {
            node().send({.to = neighbor,
                         .round = node().round(),
                         .content = message,
                         .note = NoteWriter(kSum).u32(count).finish()});
            to_send_.erase(neighbor);
            wait_when_sent();
        },
        model_,
        std::move(relayed));
}

void RelaySgd::on_message(const Incoming& message) {
    if (message.round < node().round() ||
        (message.round == node().round() && phase_ == Phase::kMerging)) {
        node().count("late_sums");
        return;
    }
    Sum sum;
    if (message.content) {
        sum = {message.content, read_count(*message.note)};
    } else {
        node().count("sums_lost");
    }
    inbox_[message.round][message.from] = std::move(sum);
    merge_when_complete();
}

void RelaySgd::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (is_departure(reason)) {
        return;  // nobody waits for it
    }
    if (!message.content) {
        node().count("losses_untold");
        return;
    }
    node().send({.to = message.to, .round = message.round, .note = make_note(kLost)});
}

void RelaySgd::on_return(ModelHandle model) {
    if (node().is_done()) {
        return;
    }
    const std::uint64_t before = node().round();
    node().rejoin(tree_);
    // Where nobody has gone on without it, it has not sent a sum of this round, and does now what it
    // left; to all that are there.
    if (node().round() == before && !model && phase_ == Phase::kTraining) {
        return;  // its device takes it up
    }
    if (node().round() == before && !model && phase_ == Phase::kMerging) {
        node().take_part_from(before + 1);
        return;  // it was alone when it had a sum to send
    }
    node().drop_work();
    to_send_.clear();
    if (node().round() == before && !model) {
        relay(std::move(model_));
        return;
    }
    latest_.clear();
    model_ = model ? std::move(model) : std::exchange(kept_, {});
    begin_round();
}

void RelaySgd::on_peer_left(NodeId /*peer*/) {
    merge_when_complete();
}

void RelaySgd::on_peer_returned(NodeId peer) {
    // It waits for a sum of this round, which was not asked for while it was away.
    if (phase_ == Phase::kRelaying && takes_part(peer) && !to_send_.contains(peer)) {
        send_to(peer);
    }
}

void RelaySgd::merge_when_complete() {
    const auto is_awaited = [this](NodeId neighbor) {
        return takes_part(neighbor) && !inbox_[node().round()].contains(neighbor);
    };
    if (phase_ != Phase::kWaiting || std::ranges::any_of(tree_, is_awaited)) {
        return;
    }
    phase_ = Phase::kMerging;
    latest_ = std::exchange(inbox_[node().round()], {});
    inbox_.erase(node().round());
    std::vector<EncodedHandle> sums;
    std::uint32_t count = 1;
    for (const auto& [from, sum] : latest_) {
        if (sum.models) {
            sums.push_back(sum.models);
            count += sum.count;
        }
    }
    std::vector<ModelHandle> start;  // in the place of what has not arrived; none: all of it has
    if (count < node().num_nodes() && !options_.by_counts) {
        start.push_back(node().initial_model());
    }
    const double total = options_.by_counts ? count : node().num_nodes();
    // Before these are moved: the order in which arguments are made is not known.
    const std::uint64_t vectors = 1 + sums.size() + start.size();
    node().compute(
        {.kind = TaskKind::kMerge,
         .round = node().round(),
         .values_read = vectors * node().num_parameters()},
        [total, count](const Parameters& half,
                       const std::vector<Encoded>& messages,
                       const std::vector<Parameters>& missing) {
            return sum_of(*half,
                          messages,
                          1 / total,
                          missing.empty() ? nullptr : missing.front().get(),
                          (total - count) / total);
        },
        [this](ModelHandle merged) {
            model_ = std::move(merged);
            node().finish_round(model_);
            begin_round();
        },
        std::exchange(model_, {}),
        std::move(sums),
        std::move(start));
}

std::string RelaySgd::waits_for() const {
    return fmt::format("round {}: {}",
                       node().round(),
                       phase_ == Phase::kWaiting ? "sums of its neighbors" : "its own work");
}

void register_relaysgd(ProtocolRegistry& registry) {
    registry.add(
        {"relaysgd",
         "exact means of models along a tree, as old as they are far",
         {word("normalization", {"world-size", "counts"}, "divide by n, or by what has arrived")}},
        [](const Options& options, NodeId) {
            ProtocolPlan plan = plan_of<RelaySgd>(
                RelaySgd::Options{.by_counts = options.choice<bool>(
                                      "normalization", {{"world-size", false}, {"counts", true}})});
            plan.needs_static_overlay = true;
            plan.has_own_messages = true;
            plan.lives_with_churn = true;
            plan.check_overlay = check_tree;
            return plan;
        });
}

}  // namespace murmur
