#include "topologies/router_generators.h"

#include "tests/support/doctest.h"
#include "topologies/cloud_regions.h"

#include <map>
#include <set>
#include <stdexcept>

namespace murmur {
namespace {

constexpr LinkQuality kLink{.rate_bps = 1e9, .latency_s = 1e-6};

/// Returns how many links leave each router whose name begins with `kind`, as (links, routers).
std::map<std::size_t, std::size_t> degrees(const RouterGraph& graph, const std::string& kind) {
    std::vector<std::size_t> leaving(graph.routers.size());
    for (const RouterGraph::Link& link : graph.links) {
        ++leaving[link.from];
    }
    std::map<std::size_t, std::size_t> count;
    for (RouterId router = 0; router < graph.routers.size(); ++router) {
        if (graph.routers[router].starts_with(kind)) {
            ++count[leaving[router]];
        }
    }
    return count;
}

/// Returns the least number of links between two routers, by breadth-first search.
std::size_t hops(const RouterGraph& graph, RouterId from, RouterId to) {
    std::set<RouterId> reached{from};
    std::size_t count = 0;
    while (reached.count(to) == 0) {
        std::set<RouterId> next = reached;
        for (const RouterGraph::Link& link : graph.links) {
            if (reached.count(link.from) > 0) {
                next.insert(link.to);
            }
        }
        REQUIRE(next.size() > reached.size());
        reached = next;
        ++count;
    }
    return count;
}

TEST_CASE("leaf-spine: every leaf is joined to every spine, nodes attach to leaves") {
    const RouterGraph graph = leaf_spine(4, 3, kLink);
    CHECK(graph.routers.size() == 7);
    CHECK(graph.links.size() == 2 * 4 * 3);
    CHECK(degrees(graph, "leaf") == std::map<std::size_t, std::size_t>{{3, 4}});
    CHECK(degrees(graph, "spine") == std::map<std::size_t, std::size_t>{{4, 3}});
    CHECK(graph.access == std::vector<RouterId>{0, 1, 2, 3});
    CHECK(hops(graph, 0, 3) == 2);
    for (const RouterGraph::Link& link : graph.links) {
        CHECK(link.rate_bps == 1e9);
        CHECK(link.latency_s == 1e-6);
        CHECK(link.cost_s == 1e-6);
    }
}

TEST_CASE("fat tree: 5 k^2 / 4 switches of k ports, k^3 / 4 nodes, 2, 4 or 0 links apart") {
    for (const std::uint32_t k : {2u, 4u, 8u}) {
        CAPTURE(k);
        const RouterGraph graph = fat_tree(k, kLink);
        CHECK(graph.routers.size() == 5 * k * k / 4);
        CHECK(graph.access.size() == k * k / 2);
        // Each edge switch keeps k/2 of its ports for nodes: k^3 / 4 nodes in all.
        CHECK(degrees(graph, "edge") == std::map<std::size_t, std::size_t>{{k / 2, k * k / 2}});
        CHECK(degrees(graph, "aggregation") == std::map<std::size_t, std::size_t>{{k, k * k / 2}});
        CHECK(degrees(graph, "core") == std::map<std::size_t, std::size_t>{{k, k * k / 4}});
        CHECK(hops(graph, 0, k * k / 2 - 1) == 4);  // another pod
        if (k > 2) {
            CHECK(hops(graph, 0, 1) == 2);  // the same pod
        }
    }
}

TEST_CASE("sites: a switch and a gateway each, one link to every other gateway") {
    const RouterGraph graph =
        sites({"here", "there", "yonder"}, {{0, 0.1, 0.3}, {0.1, 0, 0.1}, {0.4, 0.1, 0}}, kLink);
    CHECK(graph.routers == std::vector<std::string>{"here switch",
                                                    "there switch",
                                                    "yonder switch",
                                                    "here gateway",
                                                    "there gateway",
                                                    "yonder gateway"});
    CHECK(graph.access == std::vector<RouterId>{0, 1, 2});
    CHECK(graph.links.size() == 3 * 2 + 3 * 2);
    std::map<std::pair<RouterId, RouterId>, RouterGraph::Link> links;
    for (const RouterGraph::Link& link : graph.links) {
        links[{link.from, link.to}] = link;
    }
    CHECK(links.at({3, 5}).latency_s == 0.3);
    CHECK(links.at({5, 3}).latency_s == 0.4);
    // The way over "there" takes 0.2 s, but two links cost more than one.
    CHECK(links.at({3, 5}).cost_s < links.at({3, 4}).cost_s + links.at({4, 5}).cost_s);
    CHECK(links.at({0, 3}).cost_s == 1e-6);
}

TEST_CASE("impossible fabrics and sites are refused") {
    CHECK_THROWS_WITH_AS((void)leaf_spine(0, 2, kLink),
                         "leaf-spine: got 0 leaves and 2 spines, allowed 1 or more of each",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)fat_tree(3, kLink),
                         "fat-tree: got 3, allowed even K from 2 up",
                         std::invalid_argument);
    CHECK_THROWS_AS((void)fat_tree(0, kLink), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)sites({"a"}, {}, kLink),
                         "sites: got 1 names and 0 rows of latencies, allowed as many, 1 or more",
                         std::invalid_argument);
}

TEST_CASE("pieces: routers that reach each other both ways") {
    RouterGraph graph;
    for (const char* name : {"a", "b", "c", "d"}) {
        graph.add_router(name);
    }
    graph.join(0, 2, 1e6, 0);
    graph.links.push_back({1, 3, 1e6, 0, 0});
    const std::vector<std::uint32_t> component = components(graph);
    CHECK(component[0] == component[2]);
    CHECK(component[1] != component[3]);
    CHECK(component[0] != component[1]);
}

TEST_CASE("cloud regions: a symmetric table of plausible latencies") {
    const LatencyTable& table = cloud_regions();
    REQUIRE(table.names.size() >= 8);
    REQUIRE(table.one_way_s.size() == table.names.size());
    for (std::size_t from = 0; from < table.names.size(); ++from) {
        REQUIRE(table.one_way_s[from].size() == table.names.size());
        CHECK(table.one_way_s[from][from] == 0.0005);
        for (std::size_t to = 0; to < table.names.size(); ++to) {
            CHECK(table.one_way_s[from][to] == table.one_way_s[to][from]);
            CHECK(table.one_way_s[from][to] < 0.2);
            if (from != to) {
                CHECK(table.one_way_s[from][to] > 0.004);
            }
        }
    }
}

TEST_CASE("cloud regions: some are chosen by name, in the order of asking") {
    const LatencyTable two = choose(cloud_regions(), {"jp-east", "us-east"});
    CHECK(two.names == std::vector<std::string>{"jp-east", "us-east"});
    CHECK(two.one_way_s == std::vector<std::vector<double>>{{0.0005, 0.0825}, {0.0825, 0.0005}});
    CHECK_THROWS_WITH_AS((void)choose(cloud_regions(), {"atlantis"}),
                         "no region 'atlantis', allowed us-east, us-south, ca-east, sa-east, "
                         "eu-west, eu-central, eu-south, jp-east, jp-west, au-east",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)choose(cloud_regions(), {"eu-west", "eu-west"}),
                         "region 'eu-west' is given twice, allowed once",
                         std::invalid_argument);
}

}  // namespace
}  // namespace murmur
