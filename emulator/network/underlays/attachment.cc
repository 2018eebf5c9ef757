#include "emulator/network/underlays/attachment.h"

#include "emulator/base/naming.h"
#include "learning/random_stream.h"
#include "tools/text/spec.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
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

std::vector<RouterId> attach_by_chance(const NetworkOptions& options,
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

/// The routers of a graph by name.
class RouterIndex {
  public:
    explicit RouterIndex(const RouterGraph& routers) : num_routers_(routers.routers.size()) {
        for (RouterId router = 0; router < num_routers_; ++router) {
            const auto [entry, is_new] = by_name_.emplace(routers.routers[router], router);
            if (!is_new) {
                shared_.insert(entry->first);
            }
        }
        access_.insert(routers.access.begin(), routers.access.end());
    }

    [[nodiscard]] bool has_name(const std::string& text) const { return by_name_.contains(text); }

    /// Returns the router that `text` names, or numbers.
    /// @throws std::invalid_argument  saying what is wrong with it
    [[nodiscard]] RouterId find(const std::string& text) const {
        const auto named = by_name_.find(text);
        const bool is_shared = shared_.contains(text);
        const auto number =
            named == by_name_.end() ? parse_number<RouterId>(text) : std::optional(named->second);
        if (is_shared || !number || *number >= num_routers_) {
            throw std::invalid_argument(
                fmt::format("{} router '{}', allowed a unique name or a "
                            "number below {}",
                            is_shared ? "more than one" : "no",
                            shown(text),
                            num_routers_));
        }
        if (!access_.contains(*number)) {
            throw std::invalid_argument(
                fmt::format("nodes cannot be attached to router '{}'", shown(text)));
        }
        return *number;
    }

  private:
    std::size_t num_routers_;
    std::map<std::string, RouterId> by_name_;
    std::set<std::string> shared_;
    std::set<RouterId> access_;
};

std::vector<RouterId> attach_by_file(const std::string& path,
                                     const RouterGraph& routers,
                                     std::uint32_t num_nodes) {
    const RouterIndex index(routers);
    std::vector<RouterId> attached;
    LineReader lines(path);
    while (attached.size() < num_nodes && lines.next()) {
        const std::string text = shown(trimmed(lines.line()), 200);
        if (text.empty() || (text.starts_with('#') && !index.has_name(text))) {
            continue;
        }
        try {
            attached.push_back(index.find(text));
        } catch (const std::invalid_argument& error) {
            lines.fail(error.what());
        }
    }
    if (attached.size() < num_nodes) {
        throw std::invalid_argument(
            fmt::format("{}: too few lines, got {}, allowed {} (one a node)",
                        shown(path, 200),
                        attached.size(),
                        num_nodes));
    }
    return attached;
}

std::vector<RouterId> attach(const NetworkOptions& options,
                             const RouterGraph& routers,
                             bool alone) {
    if (options.attach == "round-robin") {
        return attach_in_turn(routers, options.nodes);
    }
    if (options.attach == "random") {
        return attach_by_chance(options, routers, alone);
    }
    const Spec spec = parse_spec(options.attach);
    if (spec.name == "file") {
        return attach_by_file(spec.argument, routers, options.nodes);
    }
    const std::vector<std::string> allowed{"round-robin", "random", "file:PATH"};
    throw std::invalid_argument(fmt::format("got '{}', allowed {}{}",
                                            shown(options.attach),
                                            listed(allowed),
                                            did_you_mean(options.attach, allowed)));
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

std::vector<RouterId> attach_nodes(const NetworkOptions& options,
                                   const RouterGraph& routers,
                                   bool alone) {
    return naming("--attach", [&] {
        std::vector<RouterId> attached = attach(options, routers, alone);
        if (alone) {
            require_alone(routers, attached);
        }
        return attached;
    });
}

}  // namespace murmur
