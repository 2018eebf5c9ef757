#include "emulator/network/underlays/attachment.h"

#include "learning/random_stream.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <stdexcept>

namespace murmur {

namespace {

std::vector<RouterId> attach_in_turn(const RouterGraph& routers, std::uint32_t num_nodes) {
    std::vector<RouterId> attached(num_nodes);
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        attached[node] = routers.access[node % routers.access.size()];
    }
    return attached;
}

std::vector<RouterId> attach_by_chance(const ExperimentOptions& options,
                                       const RouterGraph& routers,
                                       bool alone) {
    if (alone) {
        RouterGraph shuffled = routers;
        RandomStream(stream_seed(options.seed, "attach")).shuffle(std::span(shuffled.access));
        return attach_in_turn(shuffled, options.nodes);
    }
    std::vector<RouterId> attached(options.nodes);
    for (std::uint32_t node = 0; node < options.nodes; ++node) {
        RandomStream stream(stream_seed(options.seed, "attach", node));
        attached[node] = routers.access[stream.below(routers.access.size())];
    }
    return attached;
}

/// Returns the router that `text` names, or numbers.
/// @throws std::invalid_argument  saying what is wrong with it
RouterId find_router(const RouterGraph& routers, std::string_view text) {
    const auto count = std::count(routers.routers.begin(), routers.routers.end(), text);
    if (count == 1) {
        const auto at = std::find(routers.routers.begin(), routers.routers.end(), text);
        return static_cast<RouterId>(at - routers.routers.begin());
    }
    const auto number = parse_number<RouterId>(text);
    if (count > 1 || !number || *number >= routers.routers.size()) {
        throw std::invalid_argument(
            fmt::format("{} router '{}', allowed a unique name or a number "
                        "below {}",
                        count > 1 ? "more than one" : "no",
                        text,
                        routers.routers.size()));
    }
    return *number;
}

std::vector<RouterId> attach_by_file(const std::string& path,
                                     const RouterGraph& routers,
                                     std::uint32_t num_nodes) {
    std::vector<RouterId> attached;
    std::ifstream stream = open_for_reading(path);
    std::string line;
    for (std::size_t number = 1; attached.size() < num_nodes && std::getline(stream, line);
         ++number) {
        try {
            attached.push_back(find_router(routers, line));
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(fmt::format("{}:{}: {}", path, number, error.what()));
        }
        if (std::find(routers.access.begin(), routers.access.end(), attached.back()) ==
            routers.access.end()) {
            throw std::invalid_argument(
                fmt::format("{}:{}: nodes cannot be attached to router '{}'", path, number, line));
        }
    }
    if (attached.size() < num_nodes) {
        throw std::invalid_argument(
            fmt::format("{}: too few lines, got {}, allowed {} (one a node)",
                        path,
                        attached.size(),
                        num_nodes));
    }
    return attached;
}

std::vector<RouterId> attach(const ExperimentOptions& options,
                             const RouterGraph& routers,
                             bool alone) {
    if (options.attach == "round-robin") {
        return attach_in_turn(routers, options.nodes);
    }
    if (options.attach == "random") {
        return attach_by_chance(options, routers, alone);
    }
    if (options.attach.starts_with("file:")) {
        return attach_by_file(
            options.attach.substr(options.attach.find(':') + 1), routers, options.nodes);
    }
    throw std::invalid_argument(
        fmt::format("got '{}', allowed round-robin, random, file:PATH", options.attach));
}

/// @throws std::invalid_argument  where two nodes are at one router
void require_alone(const RouterGraph& routers, const std::vector<RouterId>& attached) {
    std::map<RouterId, std::size_t> node_at;
    for (std::size_t node = 0; node < attached.size(); ++node) {
        const auto [first, is_new] = node_at.emplace(attached[node], node);
        if (!is_new) {
            throw std::invalid_argument(fmt::format(
                "nodes {} and {} are both at router '{}', allowed one node a router where nodes "
                "have no access links ({} nodes, {} routers)",
                first->second,
                node,
                routers.routers[attached[node]],
                attached.size(),
                routers.access.size()));
        }
    }
}

}  // namespace

std::vector<RouterId> attach_nodes(const ExperimentOptions& options,
                                   const RouterGraph& routers,
                                   bool alone) {
    try {
        std::vector<RouterId> attached = attach(options, routers, alone);
        if (alone) {
            require_alone(routers, attached);
        }
        return attached;
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(fmt::format("--attach: {}", error.what()));
    }
}

}  // namespace murmur
