#include "emulator/network/overlay.h"

#include "learning/random_stream.h"
#include "topologies/generators.h"

#include <algorithm>

namespace murmur {

namespace {

constexpr std::string_view kDynamic = "dynamic:";

}  // namespace

Overlay::Overlay(std::string_view topology,
                 std::string_view weights,
                 NodeId num_nodes,
                 std::uint64_t seed)
    : dynamic_(topology.starts_with(kDynamic)),
      topology_(topology.substr(dynamic_ ? kDynamic.size() : 0)),
      weights_(weights),
      num_nodes_(num_nodes),
      seed_(seed) {
    rounds_.emplace(0, draw(0));
}

Overlay::Round Overlay::draw(std::uint64_t round) const {
    // A static overlay keeps the seed that it had before there were dynamic ones.
    const std::uint64_t seed =
        dynamic_ ? stream_seed(seed_, "topology", round) : stream_seed(seed_, "topology");
    Graph graph = make_topology(topology_, num_nodes_, seed);
    MixingMatrix weights = mixing_weights(weights_, graph);
    return {std::move(graph), std::move(weights), 0};
}

const Overlay::Round& Overlay::at(std::uint64_t round) const {
    const std::uint64_t key = dynamic_ ? round : 0;
    auto found = rounds_.find(key);
    if (found == rounds_.end()) {
        if (rounds_.size() >= kKept) {
            rounds_.erase(
                std::min_element(rounds_.begin(), rounds_.end(), [](const auto& a, const auto& b) {
                    return a.second.used < b.second.used;
                }));
        }
        found = rounds_.emplace(key, draw(key)).first;
    }
    found->second.used = ++uses_;
    return found->second;
}

}  // namespace murmur
