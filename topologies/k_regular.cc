#include "topologies/edge_set.h"
#include "topologies/generators.h"
#include "topologies/overlays.h"
#include "topologies/random_bits.h"
#include "topologies/require.h"

#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <stdexcept>

namespace murmur {
namespace {

using Edge = std::pair<NodeId, NodeId>;

void check_degree(NodeId num_nodes, NodeId degree) {
    require_nodes("k_regular", num_nodes, 2);
    const auto refuse = [&](std::string_view kind, std::string_view why) {
        throw std::invalid_argument(fmt::format(
            "k_regular: no {}{}-regular graph on {} nodes exists{}", kind, degree, num_nodes, why));
    };
    if (degree >= num_nodes) {
        refuse("",
               fmt::format(", a node has at most {} neighbors; make the degree smaller",
                           num_nodes - 1));
    }
    if (std::uint64_t{num_nodes} * degree % 2 == 1) {
        refuse("", ", num_nodes * degree is odd; make either even");
    }
    if (degree < 2 && num_nodes > degree + 1) {
        refuse("connected ", "; make the degree 2 or more");
    }
}

/// Replaces the pair (a, b), which is a self-loop or repeats an edge, and a random good edge (c, d)
/// by (a, c) and (b, d); degrees stay.  Returns false where no attempt gave two new edges.
bool switch_in(const Edge& bad, std::vector<Edge>& good, EdgeSet& edges, RandomBits& bits) {
    constexpr int kMaxAttempts = 1000;
    for (int attempt = 0; attempt < kMaxAttempts && !good.empty(); ++attempt) {
        Edge& partner = good[bits.below(good.size())];
        const auto [a, b] = bad;
        auto [c, d] = partner;
        if (bits.below(2) == 1) {
            std::swap(c, d);
        }
        if (a == c || b == d || edges.contains(a, c) || edges.contains(b, d)) {
            continue;
        }
        edges.erase(c, d);
        edges.insert(a, c);
        edges.insert(b, d);
        partner = {a, c};
        good.emplace_back(b, d);
        return true;
    }
    return false;
}

/// Draws a graph with this degree, connected or not: `degree` stubs a node, joined at random
/// [Bollobas, 1980], then self-loops and repeated edges switched away.  About degree^2 / 4 pairs
/// need it, so the result is close to uniform while degree << num_nodes.  None where a pair could
/// not be switched away, which happens on a handful of nodes only.
/// - [Bollobas, 1980] B. Bollobas. A probabilistic proof of an asymptotic formula for the number
///   of labelled regular graphs. European Journal of Combinatorics 1:311-316.
std::optional<std::vector<Edge>> draw_pairing(NodeId num_nodes, NodeId degree, RandomBits& bits) {
    std::vector<NodeId> stubs(std::size_t{num_nodes} * degree);
    for (std::size_t i = 0; i < stubs.size(); ++i) {
        stubs[i] = static_cast<NodeId>(i / degree);
    }
    bits.shuffle(std::span(stubs));

    EdgeSet edges;
    edges.reserve(stubs.size() / 2);
    std::vector<Edge> good;
    std::vector<Edge> bad;
    for (std::size_t i = 0; i < stubs.size(); i += 2) {
        const bool is_new = edges.insert(stubs[i], stubs[i + 1]);
        (is_new ? good : bad).emplace_back(stubs[i], stubs[i + 1]);
    }
    for (const Edge& pair : bad) {
        if (!switch_in(pair, good, edges, bits)) {
            return std::nullopt;
        }
    }
    return edges.sorted();
}

std::vector<Edge> draw_regular(NodeId num_nodes, NodeId degree, RandomBits& bits) {
    // Ends: such graphs exist, and each draw finds one with the same positive probability.
    for (;;) {
        if (const auto edges = draw_pairing(num_nodes, degree, bits)) {
            return *edges;
        }
    }
}

/// A connected 2-regular graph is one cycle; the pairing model would need sqrt(N) draws to find
/// one.
std::vector<Edge> draw_cycle(NodeId num_nodes, RandomBits& bits) {
    std::vector<NodeId> order(num_nodes);
    std::iota(order.begin(), order.end(), 0);
    bits.shuffle(std::span(order));
    std::vector<Edge> edges;
    for (NodeId i = 0; i < num_nodes; ++i) {
        edges.emplace_back(order[i], order[(i + 1) % num_nodes]);
    }
    return edges;
}

/// Returns the pairs that are not among `edges`, which are ascending with u < v.
std::vector<Edge> complement(NodeId num_nodes, const std::vector<Edge>& edges) {
    std::vector<Edge> others;
    others.reserve(std::size_t{num_nodes} * (num_nodes - 1) / 2 - edges.size());
    auto next = edges.begin();
    for (NodeId u = 0; u < num_nodes; ++u) {
        for (NodeId v = u + 1; v < num_nodes; ++v) {
            if (next != edges.end() && *next == Edge{u, v}) {
                ++next;
            } else {
                others.emplace_back(u, v);
            }
        }
    }
    return others;
}

}  // namespace

Graph k_regular(NodeId num_nodes, NodeId degree, std::uint64_t seed) {
    check_degree(num_nodes, degree);
    RandomBits bits(seed);
    if (degree == 2 && num_nodes > 3) {
        return make_graph(num_nodes, draw_cycle(num_nodes, bits));
    }
    // Switching needs room between the edges: a dense graph is drawn as what a sparse one lacks.
    // It is connected, for two nodes that are not neighbors then share one.
    const NodeId lacking = num_nodes - 1 - degree;
    if (lacking < degree) {
        return make_graph(num_nodes, complement(num_nodes, draw_regular(num_nodes, lacking, bits)));
    }
    // Ends: from degree 3 on nearly all regular graphs are connected.
    for (;;) {
        Graph graph = make_graph(num_nodes, draw_regular(num_nodes, degree, bits));
        if (is_connected(graph)) {
            return graph;
        }
    }
}

void register_k_regular(OverlayRegistry& registry) {
    registry.add({"regular",
                  "random, connected, every node has K neighbors",
                  {positional("K", "K", "neighbors of a node; nodes * K must be even")}},
                 {.graph = [](const OverlayRequest& request) -> Topology {
                      return {k_regular(
                          request.num_nodes, count_option(request.options, "K"), request.seed)};
                  },
                  .edges = [](const Options& options,
                              double nodes) { return nodes * count_option(options, "K") / 2; }});
}

}  // namespace murmur
