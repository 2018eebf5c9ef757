#include "emulator/protocols/divshare.h"

#include "emulator/protocols/common_knowledge.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {

void DivShare::on_start() {
    model_ = node().initial_model();
    train();
}

void DivShare::train() {
    if (node().is_done()) {
        return;
    }
    node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
        model_ = std::move(trained.model);
        stop_sending();
        cut();
    });
}

void DivShare::stop_sending() {
    if (options_.unsent == Unsent::kKeep) {
        return;
    }
    for (; !queue_.empty(); queue_.pop_front()) {
        node().count("dropped_fragments");
    }
    if (options_.unsent == Unsent::kCut) {
        for (const InFlight& sent : in_flight_) {
            node().cancel(sent.id);
        }
        in_flight_.clear();
    }
}

void DivShare::cut() {
    std::vector<std::uint32_t> filled;  // a fragment without values is not sent
    for (std::uint32_t fragment = 0; fragment < plan_->num_fragments(); ++fragment) {
        if (!plan_->indices(fragment).empty()) {
            filled.push_back(fragment);
        }
    }
    for (const std::uint32_t fragment : filled) {
        const std::size_t values = plan_->indices(fragment).size();
        node().encode_with(
            {.round = node().round(),
             .values_read = values,
             .size = FragmentMessage::size_of(values)},
            [plan = plan_, fragment](const Parameters& trained) -> Encoded {
                return cut_fragment(*plan, fragment, *trained);
            },
            [this, fragment, count = filled.size()](EncodedHandle content) {
                fragments_.emplace_back(fragment, std::move(content));
                if (fragments_.size() == count) {
                    fill_queue(std::exchange(fragments_, {}));
                    mix();
                }
            },
            model_);
    }
}

void DivShare::fill_queue(const std::vector<std::pair<std::uint32_t, EncodedHandle>>& fragments) {
    std::vector<Waiting> pairs;
    const std::uint64_t round = node().round();
    for (const auto& [fragment, content] : fragments) {
        const std::uint64_t draw = round * plan_->num_fragments() + fragment;
        for (const NodeId receiver : random_peers(node().stream("divshare-receivers", draw),
                                                  node().id(),
                                                  node().num_nodes(),
                                                  options_.receivers)) {
            pairs.push_back({receiver, fragment, round, content});
        }
    }
    node().stream("divshare-order", round).shuffle(std::span(pairs));
    std::ranges::move(pairs, std::back_inserter(queue_));
}

void DivShare::mix() {
    std::vector<EncodedHandle> contents;
    std::uint64_t values_read = node().num_parameters();
    // By sender and number, not by arrival: float addition is not associative.
    for (auto& [key, arrived] : inbox_) {
        values_read += plan_->indices(key.second).size();
        contents.push_back(std::move(arrived.content));
    }
    inbox_.clear();
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        [plan = plan_](const Parameters& own, const std::vector<Encoded>& received) {
            return average_fragments(*plan, *own, received);
        },
        [this](ModelHandle mixed) {
            model_ = std::move(mixed);
            node().finish_round(model_);
            send_next();
            train();
        },
        std::exchange(model_, {}),
        std::move(contents));
}

void DivShare::send_next() {
    while (!queue_.empty() && (options_.in_flight == 0 || in_flight_.size() < options_.in_flight)) {
        Waiting next = std::move(queue_.front());
        queue_.pop_front();
        const MessageId id =
            node().send({.to = next.to,
                         .round = next.round,
                         .content = std::move(next.content),
                         .note = NoteWriter(kFragment).u32(next.fragment).finish()});
        in_flight_.push_back({next.to, next.round, id});
    }
}

void DivShare::on_message(const Incoming& message) {
    if (message.note->kind() == kFragment) {
        take_fragment(message);
    } else {
        end_flight(message.from, message.round);
    }
}

void DivShare::take_fragment(const Incoming& message) {
    NoteReader reader(*message.note, "divshare: a fragment");
    const std::uint32_t fragment = reader.u32();
    reader.expect_end();
    if (fragment >= plan_->num_fragments()) {
        reader.refuse(fmt::format("no fragment has the number {}", fragment));
    }
    if (options_.in_flight > 0) {
        node().send({.to = message.from, .round = message.round, .note = make_note(kReceipt)});
    }
    if (node().is_done()) {
        node().count("late_fragments");
        return;
    }
    const auto [place, is_first] =
        inbox_.try_emplace({message.from, fragment}, Arrived{message.round, message.content});
    if (!is_first) {
        node().count("replaced_fragments");
        if (message.round >= place->second.round) {
            place->second = {message.round, message.content};
        }
    }
}

void DivShare::end_flight(NodeId to, std::uint64_t round) {
    // Messages of two nodes arrive in order, so a receipt is that of the oldest.
    const auto found = std::ranges::find_if(
        in_flight_, [&](const InFlight& sent) { return sent.to == to && sent.round == round; });
    if (found != in_flight_.end()) {
        in_flight_.erase(found);
        send_next();
    }
}

void DivShare::on_send_failed(const Outgoing& message, const std::string& /*reason*/) {
    if (message.content) {
        node().count("lost_fragments");
        end_flight(message.to, message.round);
    } else {
        node().count("lost_receipts");
    }
}

void DivShare::on_peer_left(NodeId peer) {
    // Its receipts, if it owes any, will not come.
    if (std::erase_if(in_flight_, [peer](const InFlight& sent) { return sent.to == peer; }) > 0) {
        send_next();
    }
}

void DivShare::on_return(ModelHandle model) {
    if (model && !node().is_done()) {
        node().drop_work();
        fragments_.clear();
        inbox_.clear();
        model_ = std::move(model);
        train();
    }
}

std::string DivShare::waits_for() const {
    return fmt::format("round {}: its own training", node().round());
}

void register_divshare(ProtocolRegistry& registry) {
    using Unsent = DivShare::Unsent;
    registry.add(
        {"divshare",
         "asynchronous: fragments of the model to receivers drawn for each, in the background",
         {named("fragments", "10", "of a model"),
          named("receivers", "6", "of each fragment; all others where there are fewer"),
          named("in-flight", "2", "fragments of a node in the network at once; 0: all"),
          word("unsent",
               {"cut", "drop", "keep"},
               "what was not sent when the next training ends: take back, also what is in flight; "
               "drop from the queue; or send it all the same")}},
        [](const Options& options, NodeId num_nodes) {
            const DivShare::Options chosen{
                .receivers =
                    static_cast<NodeId>(integer_or_fewer(options, "receivers", num_nodes - 1)),
                .in_flight =
                    static_cast<std::uint32_t>(options.integer("in-flight", {0, 1'000'000})),
                .unsent = options.choice<Unsent>(
                    "unsent",
                    {{"cut", Unsent::kCut}, {"drop", Unsent::kDrop}, {"keep", Unsent::kKeep}})};
            const auto fragments =
                static_cast<std::uint32_t>(options.integer("fragments", {1, 65'536}));
            ProtocolPlan plan = plan_with_common<DivShare, FragmentPlan>(
                [fragments](const NodeContext& first) {
                    return permuted_fragments(first.layout(),
                                              first.num_parameters(),
                                              fragments,
                                              first.stream("fragments", 0)());
                },
                chosen);
            plan.peers = ProtocolPlan::Peers::kAny;
            plan.has_changing_peers = true;
            plan.has_own_messages = true;
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
