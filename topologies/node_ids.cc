#include "topologies/node_ids.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace murmur {
namespace {

/// Returns the K of an id `K` or `nK`, none for any other id.
std::optional<NodeId> number_of(std::string_view id) {
    id.remove_prefix(id.starts_with('n') ? 1 : 0);
    return parse_number<NodeId>(id);
}

}  // namespace

NodeId NodeIds::place_of(std::string_view id) {
    const auto [entry, is_new] =
        places_.try_emplace(std::string(id), static_cast<NodeId>(ids_.size()));
    if (is_new) {
        ids_.emplace_back(id);
    }
    return entry->second;
}

std::optional<NodeId> NodeIds::find(std::string_view id) const {
    const auto entry = places_.find(std::string(id));
    return entry == places_.end() ? std::nullopt : std::optional(entry->second);
}

NodeNumbering NodeIds::number(NodeId num_nodes) const {
    NodeNumbering numbering;
    std::unordered_set<NodeId> spelled;
    NodeId least = num_nodes;
    NodeId most = 0;
    for (const std::string& id : ids_) {
        const std::optional<NodeId> number = number_of(id);
        if (!number || !spelled.insert(*number).second) {
            break;
        }
        numbering.numbers.push_back(*number);
        least = std::min(least, *number);
        most = std::max(most, *number);
    }
    const bool are_numbers = numbering.numbers.size() == ids_.size();
    if (are_numbers && most < num_nodes) {
        return numbering;
    }
    if (are_numbers && least == 1 && most == num_nodes) {
        for (NodeId& number : numbering.numbers) {
            --number;
        }
        numbering.kind = NodeNumbering::Kind::kFromOne;
        numbering.note = "its nodes count from 1, here from 0";
        return numbering;
    }
    numbering.kind = NodeNumbering::Kind::kByAppearance;
    numbering.numbers.resize(ids_.size());
    std::iota(numbering.numbers.begin(), numbering.numbers.end(), 0);
    numbering.note =
        fmt::format("nodes are numbered as they appear, '{}' is node 0", shown(ids_.front(), 30));
    return numbering;
}

}  // namespace murmur
