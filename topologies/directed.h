#pragma once

#include "topologies/edge_files.h"
#include "topologies/graph.h"
#include "topologies/mixing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// A directed simple graph: who sends to whom.
class DirectedGraph {
  public:
    /// @param out  [num_nodes], whom each node sends to
    /// @throws std::invalid_argument  on a node id out of range, a self-loop or a repeated arc
    explicit DirectedGraph(std::vector<std::vector<NodeId>> out);

    [[nodiscard]] NodeId num_nodes() const { return static_cast<NodeId>(out_.size()); }
    // In ascending order.
    [[nodiscard]] const std::vector<NodeId>& out(NodeId node) const { return out_[node]; }
    [[nodiscard]] const std::vector<NodeId>& in(NodeId node) const { return in_[node]; }
    /// Returns the graph without directions.
    [[nodiscard]] Graph undirected() const;
    /// Returns whether every node's word reaches every other one, in however many rounds.
    [[nodiscard]] bool is_strongly_connected() const;

  private:
    std::vector<std::vector<NodeId>> out_;
    std::vector<std::vector<NodeId>> in_;
};

/// Returns the static exponential graph: i sends to i + 2^k mod N for every 2^k < N [Ying, 2021].
/// - [Ying, 2021] B. Ying et al. Exponential graph is provably efficient for decentralized deep
///   training. NeurIPS 34.
[[nodiscard]] DirectedGraph directed_exponential(NodeId num_nodes);

/// Returns the one-peer exponential graph of a round [Assran, 2019; Ying, 2021]: i sends to
/// i + 2^(round mod L) mod N alone, with L = ceil(log2 N).  Where N is a power of 2, L rounds of
/// averaging with weights 1/2 make the exact mean.
/// - [Assran, 2019] M. Assran et al. Stochastic gradient push for distributed deep learning. ICML,
///   PMLR 97:344-353.
[[nodiscard]] DirectedGraph one_peer_exponential(NodeId num_nodes, std::uint64_t round);

/// A directed graph that was read, and what was made of its file.
struct DirectedFile {
    DirectedGraph graph;
    ReadSummary summary;
};

/// Reads a file of a graph with directions, in any form of `read_listed_graph`: u sends to v where
/// an edge list has `u v`, where an adjacency list has v among the neighbors of u, and where
/// GraphML has an edge from u to v.  Repetitions and self-loops are left out and counted.
/// @throws std::invalid_argument  with path and line, as `read_listed_graph`; also where the graph
///                                is not strongly connected, naming the components
[[nodiscard]] DirectedFile read_directed_graph(const std::string& path,
                                               GraphForm form = GraphForm::kRecognize);

/// A directed overlay, and what was made of its file where it is of one.
struct DirectedTopology {
    DirectedGraph graph;
    std::optional<ReadSummary> read{};
};

/// Returns w_ij = 1 / (1 + in-degree of i) for every j that sends to i, and for i itself: each node
/// averages what it gets; rows sum to 1, columns need not.
[[nodiscard]] MixingMatrix row_stochastic_weights(const DirectedGraph& graph);

/// Returns w_ij = 1 / (1 + out-degree of j) for every j that sends to i, and w_ii = 1 / (1 +
/// out-degree of i): each node splits what it has; columns sum to 1, rows need not.  What push-sum
/// needs [Kempe, 2003].
/// - [Kempe, 2003] D. Kempe, A. Dobra, J. Gehrke. Gossip-based computation of aggregate
///   information. FOCS, 482-491.
[[nodiscard]] MixingMatrix column_stochastic_weights(const DirectedGraph& graph);

/// Returns the weights that `spec` names: `row-stochastic` or `column-stochastic`.
/// @throws std::invalid_argument  on any other name
[[nodiscard]] MixingMatrix directed_weights(std::string_view spec, const DirectedGraph& graph);

}  // namespace murmur
