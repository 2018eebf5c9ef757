#include "topologies/edge_set.h"
#include "topologies/generators.h"
#include "topologies/overlays.h"
#include "topologies/random_bits.h"
#include "topologies/require.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace murmur {
namespace {

using Edge = std::pair<NodeId, NodeId>;

constexpr int kMaxDraws = 100;

/// Returns the first connected graph of up to kMaxDraws; throws with `what` was drawn and the
/// `advice` where there was none.
template <class Draw>
Graph first_connected(NodeId num_nodes, Draw draw, std::string_view what, std::string_view advice) {
    for (int i = 0; i < kMaxDraws; ++i) {
        Graph graph = make_graph(num_nodes, draw());
        if (is_connected(graph)) {
            return graph;
        }
    }
    throw std::invalid_argument(
        fmt::format("{}, got no connected graph in {} draws; {}", what, kMaxDraws, advice));
}

std::vector<Edge> draw_small_world(NodeId num_nodes, NodeId degree, double p, RandomBits& bits) {
    EdgeSet edges;
    for (NodeId reach = 1; reach <= degree / 2; ++reach) {
        for (NodeId node = 0; node < num_nodes; ++node) {
            edges.insert(node, (node + reach) % num_nodes);
        }
    }
    std::vector<NodeId> degrees(num_nodes, degree);
    for (NodeId reach = 1; reach <= degree / 2; ++reach) {
        for (NodeId node = 0; node < num_nodes; ++node) {
            if (!bits.bernoulli(p) || degrees[node] == num_nodes - 1) {
                continue;
            }
            const NodeId old_end = (node + reach) % num_nodes;
            NodeId new_end = 0;
            do {
                new_end = static_cast<NodeId>(bits.below(num_nodes));
            } while (!edges.insert(node, new_end));
            edges.erase(node, old_end);
            --degrees[old_end];
            ++degrees[new_end];
        }
    }
    return edges.sorted();
}

/// Draws how many pairs in a row are no edge: at least g of them with probability (1 - p)^g.
/// Binary search over products of squares, where the logarithm that textbooks take would differ
/// in its last bit between C libraries and so move every later edge.
class GapSampler {
  public:
    explicit GapSampler(double p) {
        // Below 2^-53 no draw gets; and 2^63 pairs are more than any graph has.
        for (double power = 1.0 - p; power >= 0x1p-53 && powers_.size() < 63; power *= power) {
            powers_.push_back(power);
        }
    }

    std::uint64_t operator()(RandomBits& bits) const {
        const double target = 1.0 - bits.uniform();
        double reached = 1.0;
        std::uint64_t gap = 0;
        for (std::size_t k = powers_.size(); k-- > 0;) {
            if (reached * powers_[k] >= target) {
                reached *= powers_[k];
                gap += std::uint64_t{1} << k;
            }
        }
        return gap;
    }

  private:
    std::vector<double> powers_;  // (1 - p)^(2^k)
};

std::vector<Edge> draw_erdos_renyi(NodeId num_nodes, double p, RandomBits& bits) {
    const GapSampler gap(p);
    std::vector<Edge> edges;
    NodeId u = 0;
    std::uint64_t v = 1 + gap(bits);
    while (u + 1 < num_nodes) {
        if (v < num_nodes) {
            edges.emplace_back(u, static_cast<NodeId>(v));
            v += 1 + gap(bits);
        } else {
            // The pairs (u, u+1) ... (u, N-1) are used up; go on in the row of u + 1.
            ++u;
            v = v - num_nodes + u + 1;
        }
    }
    return edges;
}

}  // namespace

Graph small_world(NodeId num_nodes,
                  NodeId degree,
                  double rewiring_probability,
                  std::uint64_t seed) {
    require_nodes("small-world", num_nodes, 3);
    require_probability("small-world", "P", rewiring_probability);
    if (degree < 2 || degree % 2 == 1 || degree >= num_nodes) {
        throw std::invalid_argument(
            fmt::format("small-world: K nearest neighbors on a ring of {} nodes, got K = {}, "
                        "allowed an even number from 2 to {}",
                        num_nodes,
                        degree,
                        (num_nodes - 1) / 2 * 2));
    }
    RandomBits bits(seed);
    return first_connected(
        num_nodes,
        [&] { return draw_small_world(num_nodes, degree, rewiring_probability, bits); },
        fmt::format(
            "small-world: {} nodes, K = {}, P = {}", num_nodes, degree, rewiring_probability),
        "take a larger K or a smaller P");
}

Graph erdos_renyi(NodeId num_nodes, double edge_probability, std::uint64_t seed) {
    require_nodes("erdos-renyi", num_nodes, 2);
    require_probability("erdos-renyi", "P", edge_probability);
    RandomBits bits(seed);
    return first_connected(
        num_nodes,
        [&] { return draw_erdos_renyi(num_nodes, edge_probability, bits); },
        fmt::format("erdos-renyi: {} nodes, P = {}", num_nodes, edge_probability),
        fmt::format("the connectivity threshold ln(N)/N is {:.4g} here, take a P well above it",
                    std::log(num_nodes) / num_nodes));
}

Graph barabasi_albert(NodeId num_nodes, NodeId edges_per_node, std::uint64_t seed) {
    require_nodes("barabasi-albert", num_nodes, 2);
    if (edges_per_node < 1 || edges_per_node >= num_nodes) {
        throw std::invalid_argument(fmt::format(
            "barabasi-albert: M edges per node on {} nodes, got M = {}, allowed 1 ... {}",
            num_nodes,
            edges_per_node,
            num_nodes - 1));
    }
    RandomBits bits(seed);
    EdgeSet edges;
    std::vector<NodeId> ends;  // every node as often as it has neighbors
    for (NodeId leaf = 1; leaf <= edges_per_node; ++leaf) {
        edges.insert(0, leaf);
        ends.insert(ends.end(), {0, leaf});
    }
    for (NodeId node = edges_per_node + 1; node < num_nodes; ++node) {
        const std::size_t num_older_ends = ends.size();
        for (NodeId i = 0; i < edges_per_node; ++i) {
            NodeId target = 0;
            do {
                target = ends[bits.below(num_older_ends)];
            } while (!edges.insert(node, target));
            ends.insert(ends.end(), {node, target});
        }
    }
    return make_graph(num_nodes, edges.sorted());
}

void register_random_generators(OverlayRegistry& registry) {
    registry.add({"small-world",
                  "Watts-Strogatz: nearest neighbors on a ring, some edges rewired",
                  {positional("K", "K", "nearest neighbors, an even number"),
                   positional("P", "P", "probability that an edge is rewired")}},
                 {.graph = [](const OverlayRequest& request) -> Topology {
                      return {small_world(request.num_nodes,
                                          count_option(request.options, "K"),
                                          probability_option(request.options, "P"),
                                          request.seed)};
                  },
                  .edges = [](const Options& options,
                              double nodes) { return nodes * count_option(options, "K") / 2; }});
    registry.add(
        {"erdos-renyi",
         "every pair of nodes is an edge by chance; redrawn until connected",
         {positional("P", "P", "probability of an edge")}},
        {.graph = [](const OverlayRequest& request) -> Topology {
             return {erdos_renyi(
                 request.num_nodes, probability_option(request.options, "P"), request.seed)};
         },
         .edges =
             [](const Options& options, double nodes) {
                 return probability_option(options, "P") * nodes * (nodes - 1) / 2;
             }});
    registry.add({"barabasi-albert",
                  "scale-free: every new node joins M older ones, in proportion to their degree",
                  {positional("M", "M", "older nodes that a new one joins")}},
                 {.graph = [](const OverlayRequest& request) -> Topology {
                      return {barabasi_albert(
                          request.num_nodes, count_option(request.options, "M"), request.seed)};
                  },
                  .edges = [](const Options& options,
                              double nodes) { return nodes * count_option(options, "M"); }});
}

}  // namespace murmur
