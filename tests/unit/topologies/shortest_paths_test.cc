#include "topologies/shortest_paths.h"

#include "tests/support/doctest.h"

#include <algorithm>
#include <random>
#include <utility>

namespace murmur {
namespace {

/// Sum of costs in ms, then number of links.
using Distance = std::pair<int, int>;

constexpr Distance kFar{1 << 20, 0};

/// Returns all distances by Floyd and Warshall: slow, and plainly right.
std::vector<std::vector<Distance>> all_distances(const RouterGraph& graph) {
    const std::size_t n = graph.routers.size();
    std::vector<std::vector<Distance>> distance(n, std::vector<Distance>(n, kFar));
    for (std::size_t router = 0; router < n; ++router) {
        distance[router][router] = {0, 0};
    }
    for (const RouterGraph::Link& link : graph.links) {
        Distance& known = distance[link.from][link.to];
        known = std::min(known, {static_cast<int>(link.cost_s * 1e3 + 0.5), 1});
    }
    for (std::size_t via = 0; via < n; ++via) {
        for (std::size_t from = 0; from < n; ++from) {
            for (std::size_t to = 0; to < n; ++to) {
                const Distance& head = distance[from][via];
                const Distance& tail = distance[via][to];
                distance[from][to] = std::min(distance[from][to],
                                              {head.first + tail.first, head.second + tail.second});
            }
        }
    }
    return distance;
}

/// Few different costs, 0 among them, make many equal paths; few links leave pairs apart.
RouterGraph random_graph(std::uint32_t seed) {
    std::mt19937 random(seed);
    RouterGraph graph;
    const std::uint32_t num_routers = 2 + random() % 14;
    for (std::uint32_t router = 0; router < num_routers; ++router) {
        graph.add_router("");
    }
    for (std::uint32_t links = random() % (3 * num_routers); links > 0; --links) {
        const RouterId from = random() % num_routers;
        const RouterId to = random() % num_routers;
        if (from != to) {
            graph.links.push_back({from, to, 1e9, 1, 1e-3 * (random() % 3)});
        }
    }
    return graph;
}

TEST_CASE("first links are those of all best paths by Floyd and Warshall") {
    int num_found = 0;
    int num_missing = 0;
    for (std::uint32_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        const RouterGraph graph = random_graph(seed);
        const auto distance = all_distances(graph);
        const ShortestPaths paths(graph);
        for (RouterId destination = 0; destination < graph.routers.size(); ++destination) {
            const FirstLinks first = paths.first_links(destination);
            for (RouterId router = 0; router < graph.routers.size(); ++router) {
                std::vector<std::uint32_t> expected;
                for (std::uint32_t index = 0; index < graph.links.size(); ++index) {
                    const RouterGraph::Link& link = graph.links[index];
                    const Distance& rest = distance[link.to][destination];
                    const Distance whole{rest.first + static_cast<int>(link.cost_s * 1e3 + 0.5),
                                         rest.second + 1};
                    if (link.from == router && rest < kFar &&
                        whole == distance[router][destination]) {
                        expected.push_back(index);
                    }
                }
                CHECK(first[router] == expected);
                ++(expected.empty() ? num_missing : num_found);
            }
        }
    }
    CHECK(num_found > 5000);
    CHECK(num_missing > 1000);
}

TEST_CASE("what counts is the cost, not the latency; equal costs go by the fewest links") {
    RouterGraph graph;
    for (const char* name : {"a", "b", "c"}) {
        graph.add_router(name);
    }
    // 0.1 + 0.2 and 0.3 differ as doubles: costs are whole nanoseconds.
    graph.links = {{0, 1, 1e9, 9, 0.1}, {1, 2, 1e9, 9, 0.2}, {0, 2, 1e9, 90, 0.3}};
    CHECK(ShortestPaths(graph).first_links(2) == FirstLinks{{2}, {1}, {}});
    graph.links[2].cost_s = 0.300000001;
    CHECK(ShortestPaths(graph).first_links(2) == FirstLinks{{0}, {1}, {}});
}

}  // namespace
}  // namespace murmur
