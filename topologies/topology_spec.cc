#include "topologies/edge_files.h"
#include "topologies/generators.h"
#include "topologies/require.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

/// What make_topology was asked for, taken apart.
struct Request {
    std::string_view spec;
    std::vector<std::string_view> parameters;
    NodeId num_nodes;
    std::uint64_t seed;

    [[noreturn]] void fail(std::string_view what) const {
        throw std::invalid_argument(fmt::format("topology '{}': {}", shown(spec, 200), what));
    }

    [[nodiscard]] NodeId whole_number(std::string_view text, std::string_view name) const {
        const auto value = parse_number<NodeId>(text);
        if (!value) {
            fail(fmt::format(
                "{} is not a whole number, got '{}', allowed 0 or more", name, shown(text, 30)));
        }
        return *value;
    }

    [[nodiscard]] double probability(std::string_view text, std::string_view name) const {
        const auto value = parse_number<double>(text);
        if (!value) {
            fail(fmt::format(
                "{} is not a probability, got '{}', allowed 0 ... 1", name, shown(text, 30)));
        }
        return *value;
    }
};

Graph torus_of_sides(const Request& request) {
    const std::string_view sides = request.parameters[0];
    const std::size_t cross = sides.find('x');
    if (cross == std::string_view::npos) {
        request.fail(
            fmt::format("not ROWSxCOLS, got '{}', expected such as 4x8", shown(sides, 30)));
    }
    const NodeId rows = request.whole_number(sides.substr(0, cross), "ROWS");
    const NodeId columns = request.whole_number(sides.substr(cross + 1), "COLS");
    const std::uint64_t product = std::uint64_t{rows} * columns;
    if (product != request.num_nodes) {
        request.fail(fmt::format(
            "ROWS x COLS is {}, but the number of nodes is {}", product, request.num_nodes));
    }
    return torus(rows, columns);
}

/// Reads PATH or PATH,undirected.
Topology topology_of_file(const Request& request, GraphForm form) {
    constexpr std::string_view kUndirected = ",undirected";
    std::string_view path = request.parameters[0];
    OneWay one_way = OneWay::kRefuse;
    if (path.ends_with(kUndirected)) {
        path.remove_suffix(kUndirected.size());
        one_way = OneWay::kTakeBoth;
    }
    GraphFile file = read_graph_file(std::string(path), form, one_way);
    const std::size_t num_nodes = boost::num_vertices(file.graph);
    if (num_nodes != request.num_nodes) {
        request.fail(fmt::format(
            "the file has {} nodes, but the number of nodes is {}", num_nodes, request.num_nodes));
    }
    return {std::move(file.graph), std::move(file.summary)};
}

struct Form {
    std::string_view syntax;
    std::string_view help;
    Topology (*build)(const Request& request);
};

// The one list of forms: parsing, messages and help all go by it.
constexpr Form kForms[] = {
    {"ring",
     "every node has 2 neighbors",
     [](const Request& r) -> Topology { return {ring(r.num_nodes)}; }},
    {"regular:K",
     "random, connected, every node has K neighbors; nodes * K must be even",
     [](const Request& r) -> Topology {
         return {k_regular(r.num_nodes, r.whole_number(r.parameters[0], "K"), r.seed)};
     }},
    {"full",
     "every node is a neighbor of every other",
     [](const Request& r) -> Topology { return {fully_connected(r.num_nodes)}; }},
    {"star",
     "node 0 is the neighbor of all",
     [](const Request& r) -> Topology { return {star(r.num_nodes)}; }},
    {"small-world:K:P",
     "Watts-Strogatz: K nearest on a ring (even), each edge rewired with probability P",
     [](const Request& r) -> Topology {
         return {small_world(r.num_nodes,
                             r.whole_number(r.parameters[0], "K"),
                             r.probability(r.parameters[1], "P"),
                             r.seed)};
     }},
    {"erdos-renyi:P",
     "every pair of nodes is an edge with probability P; redrawn until connected",
     [](const Request& r) -> Topology {
         return {erdos_renyi(r.num_nodes, r.probability(r.parameters[0], "P"), r.seed)};
     }},
    {"torus",
     "grid that wraps around, as square as the number of nodes allows",
     [](const Request& r) -> Topology { return {torus(r.num_nodes)}; }},
    {"torus:ROWSxCOLS",
     "grid that wraps around, 4 neighbors each",
     [](const Request& r) -> Topology { return {torus_of_sides(r)}; }},
    {"barabasi-albert:M",
     "scale-free: every new node joins M older ones, in proportion to their degree",
     [](const Request& r) -> Topology {
         return {barabasi_albert(r.num_nodes, r.whole_number(r.parameters[0], "M"), r.seed)};
     }},
    {"exponential",
     "neighbors at distance 2^k around a ring",
     [](const Request& r) -> Topology { return {exponential(r.num_nodes)}; }},
    {"file:PATH",
     "edge list, adjacency list or GraphML, as recognized",
     [](const Request& r) -> Topology { return topology_of_file(r, GraphForm::kRecognize); }},
    {"edges:PATH",
     "'u v' a line; a first line of one number is the number of nodes",
     [](const Request& r) -> Topology { return topology_of_file(r, GraphForm::kEdgeList); }},
    {"adjacency:PATH",
     "number of nodes, then the neighbors of node i in line i; or 'node neighbor ...' a line",
     [](const Request& r) -> Topology { return topology_of_file(r, GraphForm::kAdjacencyList); }},
    {"graphml:PATH",
     "GraphML; PATH,undirected: entries of one direction count for both",
     [](const Request& r) -> Topology { return topology_of_file(r, GraphForm::kGraphml); }},
};

std::string_view name_of(std::string_view text) {
    return text.substr(0, text.find(':'));
}

/// Splits `text` at its first colons into as many parts as `syntax` has; the last takes the rest,
/// for a path may hold colons.
std::vector<std::string_view> split_like(std::string_view syntax, std::string_view text) {
    std::vector<std::string_view> parts;
    for (auto colons = std::count(syntax.begin(), syntax.end(), ':'); colons > 0; --colons) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            break;
        }
        parts.push_back(text.substr(0, colon));
        text.remove_prefix(colon + 1);
    }
    parts.push_back(text);
    return parts;
}

/// Lists the syntax of all forms, or of those with this name, as in "torus, torus:ROWSxCOLS".
std::string list_forms(std::string_view name = "") {
    std::string list;
    for (const Form& form : kForms) {
        if (name.empty() || name_of(form.syntax) == name) {
            list += fmt::format("{}{}", list.empty() ? "" : ", ", form.syntax);
        }
    }
    return list;
}

}  // namespace

Topology read_or_make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed) {
    Request request{.spec = spec, .parameters = {}, .num_nodes = num_nodes, .seed = seed};
    const std::string_view name = name_of(spec);
    require_nodes(fmt::format("topology '{}'", spec), num_nodes, 2);
    for (const Form& form : kForms) {
        const auto parts = split_like(form.syntax, spec);
        const auto wanted = split_like(form.syntax, form.syntax);
        if (parts.front() == name_of(form.syntax) && parts.size() == wanted.size()) {
            request.parameters.assign(parts.begin() + 1, parts.end());
            return form.build(request);
        }
    }
    const std::string siblings = name.empty() ? "" : list_forms(name);
    if (!siblings.empty()) {
        request.fail(fmt::format("wrong number of parameters, allowed {}", siblings));
    }
    request.fail(fmt::format("unknown form, allowed {}", list_forms()));
}

Graph make_topology(std::string_view spec, NodeId num_nodes, std::uint64_t seed) {
    return read_or_make_topology(spec, num_nodes, seed).graph;
}

std::string topology_help() {
    std::string help;
    for (const Form& form : kForms) {
        help += fmt::format("  {:<18} {}\n", form.syntax, form.help);
    }
    return help;
}

}  // namespace murmur
