#pragma once

#include "topologies/router_graph.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace murmur {

/// The links of each router that begin a best path to one destination: positions in
/// RouterGraph::links, ascending, by RouterId. Empty at the destination itself, and where no path
/// leads there.
using FirstLinks = std::vector<std::vector<std::uint32_t>>;

/// Finds the best paths of a router graph to one destination at a time, by Dijkstra's algorithm
/// against the direction of the links. A path is the better the lower the sum of its costs, and
/// among equal sums the fewer its links. Costs count in whole nanoseconds, so that sums which
/// should be equal are.
class ShortestPaths {
  public:
    /// @param graph  must outlive this object
    explicit ShortestPaths(const RouterGraph& graph);
    ~ShortestPaths();
    ShortestPaths(const ShortestPaths&) = delete;
    ShortestPaths& operator=(const ShortestPaths&) = delete;

    [[nodiscard]] FirstLinks first_links(RouterId destination) const;

  private:
    class ReversedGraph;

    const RouterGraph& graph_;
    std::unique_ptr<const ReversedGraph> reversed_;
};

}  // namespace murmur
