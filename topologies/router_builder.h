#pragma once

#include "topologies/router_files.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// A router graph in the making, from the entries of a file.
class RouterBuilder {
  public:
    RouterBuilder(std::string path, std::string form);

    /// Says which line of the file the following comes from.
    void at_line(std::size_t line) { line_ = line; }
    /// Adds a router that nodes may attach to.
    RouterId add_router(const std::string& name);

    // All of these throw std::invalid_argument on latencies beyond `kLongestLatency_s`.

    /// Adds both directions of a link.
    void add_link(RouterId first, RouterId second, double rate_bps, double latency_s);
    /// Adds a direction of a link: the way back of the first link there is without one of its own,
    /// or a new link whose way back is the same until one is added.
    void add_direction(RouterId from, RouterId to, double rate_bps, double latency_s);
    /// Adds a link that has no way back.
    void add_one_way(RouterId from, RouterId to, double rate_bps, double latency_s);
    void count_self_loop() { ++graph_.read->self_loops; }
    void count_repetition() { ++graph_.read->repeated; }
    void note(std::string text);

    [[nodiscard]] const std::string& name_of(RouterId router) const {
        return graph_.routers[router];
    }
    [[nodiscard]] const std::string& path() const { return graph_.read->path; }
    [[nodiscard]] std::size_t num_routers() const { return graph_.routers.size(); }

    /// Returns the graph with its summary, names that several routers bear made different.
    [[nodiscard]] RouterGraph take();

  private:
    void check(double latency_s) const;
    void name_apart();

    RouterGraph graph_;
    std::size_t line_ = 1;
    /// Positions of the way back of links that have none of their own, by their ends.
    std::map<std::pair<RouterId, RouterId>, std::vector<std::size_t>> open_;
};

}  // namespace murmur
