#include "emulator/protocols/dpsgd_sampler.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

namespace murmur {

namespace {

std::uint32_t to_bits(double weight) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(weight));
}

double from_bits(std::uint32_t bits) {
    return static_cast<double>(std::bit_cast<float>(bits));
}

}  // namespace

void DpsgdSampler::on_round(NodeContext& node) {
    row_.reset();
    if (node.id() == kSampler) {
        row_ = node.neighbors(round());
    } else {
        node.send_note(kSampler, round(), make_note(kRequest));
    }
}

const MixingMatrix::Row* DpsgdSampler::known_neighbors(NodeContext& /*node*/) {
    return row_ ? &*row_ : nullptr;
}

void DpsgdSampler::on_message(NodeContext& node, const Incoming& message) {
    if (!message.note) {
        Dpsgd::on_message(node, message);
        return;
    }
    if (message.note->kind == kRequest) {
        const MixingMatrix::Row& row = node.neighbors_of(message.from, message.round);
        node.send_note(message.from, message.round, answer(row));
        return;
    }
    const std::vector<std::uint32_t>& numbers = message.note->numbers;
    if (numbers.size() % 2 != 1) {
        throw std::invalid_argument(fmt::format(
            "dpsgd-sampler: an answer has {} numbers, allowed 1 and 2 for each neighbor",
            numbers.size()));
    }
    row_.emplace(MixingMatrix::Row{.self = from_bits(numbers[0]), .neighbors = {}});
    for (std::size_t i = 1; i < numbers.size(); i += 2) {
        row_->neighbors.push_back({numbers[i], from_bits(numbers[i + 1])});
    }
    proceed(node);
}

NotePtr DpsgdSampler::answer(const MixingMatrix::Row& row) {
    std::vector<std::uint32_t> numbers{to_bits(row.self)};
    for (const NeighborWeight& edge : row.neighbors) {
        numbers.push_back(edge.neighbor);
        numbers.push_back(to_bits(edge.weight));
    }
    return make_note(kAnswer, std::move(numbers));
}

ProtocolPlan plan_dpsgd_sampler(const Spec& spec, NodeId /*num_nodes*/) {
    (void)protocol_options(spec);
    ProtocolPlan plan = plan_of<DpsgdSampler>();
    plan.peers = ProtocolPlan::Peers::kOverlayAndNodeZero;
    return plan;
}

}  // namespace murmur
