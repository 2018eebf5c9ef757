#pragma once

#include "topologies/graph.h"
#include "topologies/mixing.h"

#include <cstdint>
#include <utility>

namespace murmur {

/// Who exchanges models with whom in a round, and with what weights; here the same in every round.
class Overlay {
  public:
    Overlay(Graph graph, MixingMatrix weights)
        : graph_(std::move(graph)), weights_(std::move(weights)) {}

    [[nodiscard]] const Graph& graph(std::uint64_t /*round*/) const { return graph_; }
    [[nodiscard]] const MixingMatrix::Row& row(NodeId node, std::uint64_t /*round*/) const {
        return weights_.row(node);
    }

  private:
    Graph graph_;
    MixingMatrix weights_;
};

}  // namespace murmur
