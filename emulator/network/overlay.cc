#include "emulator/network/overlay.h"

#include "emulator/network/network_options.h"
#include "learning/random_stream.h"
#include "topologies/directed.h"
#include "topologies/overlays.h"
#include "topologies/weights_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

constexpr std::string_view kDynamic = "dynamic:";
constexpr std::string_view kFile = "file:";

double weight_of(const MixingMatrix::Row& row, NodeId neighbor) {
    const auto found = std::lower_bound(
        row.neighbors.begin(), row.neighbors.end(), neighbor, [](const auto& edge, NodeId id) {
            return edge.neighbor < id;
        });
    return found != row.neighbors.end() && found->neighbor == neighbor ? found->weight : 0;
}

}  // namespace

Overlay::Overlay(std::string_view topology,
                 std::string_view weights,
                 NodeId num_nodes,
                 std::uint64_t seed)
    : dynamic_(topology.starts_with(kDynamic)),
      directed_(is_directed_topology(of_a_round(topology))),
      topology_(of_a_round(topology)),
      weights_(weights),
      num_nodes_(num_nodes),
      seed_(seed) {
    if (!dynamic_ && needs_dynamic_topology(topology_)) {
        throw std::invalid_argument(fmt::format(
            "--topology: {0} is another graph in each round, allowed {1}{0}", topology_, kDynamic));
    }
    if (brings_weights(topology_)) {
        if (weights_ != NetworkOptions().weights) {
            throw std::invalid_argument(
                fmt::format("--weights: got {} with --topology={}, whose weights are its own, "
                            "allowed none",
                            weights_,
                            topology));
        }
        rounds_.emplace(0, with_own_weights(0));
        return;
    }
    if (directed_) {
        const DirectedTopology first =
            read_or_make_directed_topology(topology_, num_nodes_, 0, seed_of(0));
        if (first.read) {
            notes_.push_back(first.read->describe());
        }
        rounds_.emplace(0, with_directions(first.graph));
        return;
    }
    Topology first = draw_topology(0);
    if (first.read) {
        notes_.push_back(first.read->describe());
    }
    if (weights_.starts_with(kFile)) {
        WeightsFile file = read_weights_file(weights_.substr(kFile.size()), first.graph);
        notes_.push_back(std::move(file.description));
        rounds_.emplace(0, Round{std::move(first.graph), std::move(file.weights), {}, 0});
    } else {
        MixingMatrix matrix = mixing_weights(weights_, first.graph);
        rounds_.emplace(0, Round{std::move(first.graph), std::move(matrix), {}, 0});
    }
}

Overlay::Round Overlay::with_directions(const DirectedGraph& graph) const {
    MixingMatrix weights = directed_weights(weights_, graph);
    std::vector<std::vector<NeighborWeight>> out(num_nodes_);
    for (NodeId node = 0; node < num_nodes_; ++node) {
        for (const auto& [sender, weight] : weights.row(node).neighbors) {
            out[sender].push_back({node, weight});  // ascending, as nodes are
        }
    }
    return {graph.undirected(), std::move(weights), std::move(out), 0};
}

Overlay::Round Overlay::with_own_weights(std::uint64_t round) const {
    // One seed for all rounds: what is drawn once, such as another overlay in it, stays.
    MixingMatrix weights =
        make_mixing(topology_, num_nodes_, round, stream_seed(seed_, "topology"));
    std::vector<std::pair<NodeId, NodeId>> edges;
    for (NodeId node = 0; node < num_nodes_; ++node) {
        for (const NeighborWeight& edge : weights.row(node).neighbors) {
            if (node < edge.neighbor) {
                edges.emplace_back(node, edge.neighbor);
            }
        }
    }
    return {make_graph(num_nodes_, edges), std::move(weights), {}, 0};
}

std::string_view Overlay::of_a_round(std::string_view topology) {
    return topology.starts_with(kDynamic) ? topology.substr(kDynamic.size()) : topology;
}

std::uint64_t Overlay::seed_of(std::uint64_t round) const {
    // A static overlay keeps the seed that it had before there were dynamic ones.
    return dynamic_ ? stream_seed(seed_, "topology", round) : stream_seed(seed_, "topology");
}

Topology Overlay::draw_topology(std::uint64_t round) const {
    return read_or_make_topology(topology_, num_nodes_, seed_of(round));
}

Overlay::Round Overlay::draw(std::uint64_t round) const {
    if (directed_) {
        return with_directions(
            make_directed_topology(topology_, num_nodes_, round, seed_of(round)));
    }
    if (brings_weights(topology_)) {
        return with_own_weights(round);
    }
    Graph graph = draw_topology(round).graph;
    MixingMatrix weights = mixing_weights(weights_, graph);
    return {std::move(graph), std::move(weights), {}, 0};
}

Neighbors Overlay::neighbors(NodeId node, std::uint64_t round) const {
    const MixingMatrix& weights = at(round).weights;
    const MixingMatrix::Row& row = weights.row(node);
    Neighbors neighbors{.self = row.self, .in = row.neighbors, .out = {}};
    if (directed_) {
        neighbors.out = at(round).out[node];
        return neighbors;
    }
    neighbors.out.reserve(row.neighbors.size());
    for (const NeighborWeight& edge : row.neighbors) {
        neighbors.out.push_back({edge.neighbor, weight_of(weights.row(edge.neighbor), node)});
    }
    return neighbors;
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
