#include "emulator/base/quantity.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace murmur {

ProtocolRegistry& protocols() {
    static ProtocolRegistry registry("protocol", register_all);
    return registry;
}

ProtocolPlan plan_protocol(std::string_view spec, NodeId num_nodes) {
    const auto chosen = protocols().select(spec);
    ProtocolPlan plan = chosen.make(chosen.options, num_nodes);
    plan.name = chosen.text.name;
    return plan;
}

std::int64_t integer_or_fewer(const Options& options, std::string_view key, std::int64_t most) {
    if (options.has(key)) {
        return options.integer(key, {1, most});
    }
    return std::min(options.integer(key, {1, std::numeric_limits<std::int64_t>::max()}), most);
}

SimTime time_option(const Options& options, std::string_view key) {
    return from_seconds(
        parse_positive_time(fmt::format("{}: {}", options.where(), key), options.text(key)));
}

std::vector<NodeId> random_peers(RandomStream stream, NodeId self, NodeId num_nodes, NodeId count) {
    // Floyd's algorithm: as many draws as peers, whatever the number of nodes.  The others are
    // numbered without a gap: node `self` and those above it are one less.
    std::vector<NodeId> chosen;
    for (NodeId last = num_nodes - 1 - count; last < num_nodes - 1; ++last) {
        const auto drawn = static_cast<NodeId>(stream.below(last + 1));
        const bool is_taken = std::find(chosen.begin(), chosen.end(), drawn) != chosen.end();
        chosen.push_back(is_taken ? last : drawn);
    }
    for (NodeId& peer : chosen) {
        peer += peer >= self ? 1 : 0;
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

}  // namespace murmur
