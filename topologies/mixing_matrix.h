#pragma once

#include "topologies/node_id.h"

#include <utility>
#include <vector>

namespace murmur {

/// The weight that a node gives to one neighbor's model.
struct NeighborWeight {
    NodeId neighbor;
    double weight;
};

/// A mixing matrix W of a graph, stored by row: w_ii and the weights of the neighbors of i in
/// ascending order of id.  Every row sums to 1.
class MixingMatrix {
  public:
    struct Row {
        double self;
        std::vector<NeighborWeight> neighbors;
    };

    explicit MixingMatrix(std::vector<Row> rows) : rows_(std::move(rows)) {}

    [[nodiscard]] NodeId num_nodes() const { return static_cast<NodeId>(rows_.size()); }
    [[nodiscard]] const Row& row(NodeId node) const { return rows_[node]; }

  private:
    std::vector<Row> rows_;
};

}  // namespace murmur
