#include "topologies/overlays.h"

#include "topologies/require.h"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace murmur {

namespace {

constexpr std::string_view kDirected = "directed:";

std::string_view without_direction(std::string_view spec) {
    return spec.starts_with(kDirected) ? spec.substr(kDirected.size()) : spec;
}

}  // namespace

OverlayRegistry& overlays() {
    static OverlayRegistry registry("topology", register_all);
    return registry;
}

std::vector<std::string> directed_overlays() {
    std::vector<std::string> names;
    overlays().for_each([&names](const ChoiceText& text, const OverlayMake& make) {
        if (make.directed && make.graph) {
            names.push_back(text.name);
        }
    });
    return names;
}

bool is_directed_topology(std::string_view spec) {
    if (spec.starts_with(kDirected)) {
        return true;
    }
    const auto chosen = overlays().select(spec);
    return !chosen.make.graph && !chosen.make.mixing;
}

bool brings_weights(std::string_view spec) {
    return !spec.starts_with(kDirected) && overlays().select(spec).make.mixing;
}

MixingMatrix make_mixing(std::string_view spec,
                         NodeId num_nodes,
                         std::uint64_t round,
                         std::uint64_t seed) {
    const auto chosen = overlays().select(spec);
    require_nodes(chosen.options.where(), num_nodes, 2);
    return chosen.make.mixing(
        {.options = chosen.options, .num_nodes = num_nodes, .seed = seed, .round = round});
}

bool needs_dynamic_topology(std::string_view spec) {
    return overlays().select(without_direction(spec)).make.needs_dynamic;
}

Topology read_or_make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed) {
    const auto chosen = overlays().select(spec);
    require_nodes(chosen.options.where(), num_nodes, 2);
    if (!chosen.make.graph) {
        chosen.options.refuse(chosen.make.mixing
                                  ? "is another graph in each round, allowed one for all rounds"
                                  : "has directions, allowed overlays without");
    }
    return chosen.make.graph({.options = chosen.options, .num_nodes = num_nodes, .seed = seed});
}

Graph make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed) {
    return read_or_make_topology(spec, num_nodes, seed).graph;
}

DirectedTopology read_or_make_directed_topology(std::string_view spec,
                                                NodeId num_nodes,
                                                std::uint64_t round,
                                                std::uint64_t seed) {
    const auto chosen = overlays().select(without_direction(spec));
    require_nodes(chosen.options.where(), num_nodes, 2);
    if (!chosen.make.directed) {
        chosen.options.refuse(
            fmt::format("cannot be had with directed:, allowed {}", listed(directed_overlays())));
    }
    return chosen.make.directed(
        {.options = chosen.options, .num_nodes = num_nodes, .seed = seed, .round = round});
}

DirectedGraph make_directed_topology(std::string_view spec,
                                     NodeId num_nodes,
                                     std::uint64_t round,
                                     std::uint64_t seed) {
    return read_or_make_directed_topology(spec, num_nodes, round, seed).graph;
}

double expected_edges(std::string_view spec, double num_nodes) {
    const auto chosen = overlays().select(without_direction(spec));
    return chosen.make.edges ? chosen.make.edges(chosen.options, num_nodes) : num_nodes;
}

NodeId count_option(const Options& options, std::string_view key) {
    return static_cast<NodeId>(options.integer(key, {0, std::numeric_limits<NodeId>::max()}));
}

double probability_option(const Options& options, std::string_view key) {
    return options.number(key, {0, 1});
}

void require_nodes_of_file(const Options& options, std::size_t in_file, NodeId num_nodes) {
    if (in_file != num_nodes) {
        options.refuse(fmt::format(
            "the file has {} nodes, but the number of nodes is {}", in_file, num_nodes));
    }
}

}  // namespace murmur
