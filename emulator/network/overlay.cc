#include "emulator/network/overlay.h"

#include "learning/random_stream.h"
#include "topologies/generators.h"
#include "topologies/weights_file.h"

#include <algorithm>

namespace murmur {

namespace {

constexpr std::string_view kDynamic = "dynamic:";
constexpr std::string_view kFile = "file:";

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
    Topology first = draw_topology(0);
    if (first.read) {
        notes_.push_back(first.read->describe());
    }
    if (weights_.starts_with(kFile)) {
        WeightsFile file = read_weights_file(weights_.substr(kFile.size()), first.graph);
        notes_.push_back(std::move(file.description));
        rounds_.emplace(0, Round{std::move(first.graph), std::move(file.weights), 0});
    } else {
        MixingMatrix matrix = mixing_weights(weights_, first.graph);
        rounds_.emplace(0, Round{std::move(first.graph), std::move(matrix), 0});
    }
}

Topology Overlay::draw_topology(std::uint64_t round) const {
    // A static overlay keeps the seed that it had before there were dynamic ones.
    const std::uint64_t seed =
        dynamic_ ? stream_seed(seed_, "topology", round) : stream_seed(seed_, "topology");
    return read_or_make_topology(topology_, num_nodes_, seed);
}

Overlay::Round Overlay::draw(std::uint64_t round) const {
    Graph graph = draw_topology(round).graph;
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
