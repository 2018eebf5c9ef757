#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace murmur {

/// What a reader made of a file that holds a graph.
struct ReadSummary {
    std::string path;
    std::string form;          ///< "edge list", "GraphML", ...
    std::size_t nodes = 0;     ///< of the graph that was made, like all up to `components`
    std::size_t links = 0;     ///< both directions of a link are one
    std::size_t one_way = 0;   ///< of these: links of one direction
    std::size_t parallel = 0;  ///< of these: links beyond the first between two nodes
    std::size_t components = 0;
    std::size_t both_listed = 0;    ///< links that the file lists once for each direction
    std::size_t repeated = 0;       ///< entries left out, for they repeat an earlier one
    std::size_t self_loops = 0;     ///< entries left out, for they join a node to itself
    std::size_t nodes_dropped = 0;  ///< in components that were not asked for
    std::vector<std::string> notes;

    /// Returns all of it as one line, as in "net.graphml: GraphML, 3 nodes, 4 links (1 parallel)".
    [[nodiscard]] std::string describe() const;
};

/// Returns a number with what it counts, as in "1 node" or "2 nodes".
[[nodiscard]] std::string counted(std::size_t count, const std::string& noun);

/// Says how large the components of a graph are, the largest first, each with a node of it, as in
/// "2 components: 14 nodes with 'Oslo', 1 node with 'Bern'"; of many, the first five.
/// @param component  of each node, numbers from 0 up without gaps
[[nodiscard]] std::string describe_components(
    std::span<const std::uint32_t> component,
    const std::function<std::string(std::size_t node)>& name_of);

/// Returns the number of the component with most nodes, of equal ones that of the first node.
/// @pre there is a node
[[nodiscard]] std::uint32_t largest_component(std::span<const std::uint32_t> component);

}  // namespace murmur
