#include "emulator/base/quantity.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace murmur {

namespace {

struct Entry {
    std::string_view name;
    std::string_view syntax;
    std::string_view help;
    ProtocolPlanner* plan;
};

// The one list of protocols: parsing, messages and help all go by it.
constexpr std::array kProtocols{
    Entry{"dpsgd", "dpsgd", "exchange with all neighbors each round", plan_dpsgd},
    Entry{"dpsgd-sampler",
          "dpsgd-sampler",
          "dpsgd, each node asks node 0 for its neighbors of the round",
          plan_dpsgd_sampler},
    Entry{"secure-dpsgd",
          "secure-dpsgd[:fraction-bits=20,timeout=TIME]",
          "dpsgd over masked models: a receiver learns their sum alone",
          plan_secure_dpsgd},
    Entry{"el-oracle",
          "el-oracle[:degree=5]",
          "Epidemic Learning, a new regular graph each round that all know",
          plan_el_oracle},
    Entry{"el-local",
          "el-local:window=TIME[,receivers=5]",
          "Epidemic Learning, each node draws receivers and merges what reaches it in time",
          plan_el_local},
    Entry{"fedavg",
          "fedavg[:clients=0.1,weights=samples|uniform]",
          "node 0 is a server that averages a fraction of clients each round",
          plan_fedavg},
    Entry{"stc",
          "stc[:weights=uniform|samples]",
          "server and clients send updates both ways; for --sharing=stc",
          plan_stc},
    Entry{"knn",
          "knn[:k=4,most=similar|dissimilar,hops=3]",
          "dpsgd among peers with most (dis)similar label histograms",
          plan_knn},
    Entry{"ad-psgd",
          "ad-psgd",
          "asynchronous: pairwise averages with a random neighbor, beside training",
          plan_ad_psgd},
    Entry{"gossip",
          "gossip:period=TIME[,peers=any|overlay]",
          "each node sends its model to a random peer by its own timer",
          plan_gossip},
    Entry{"local", "local", "train alone", plan_local},
};

}  // namespace

ProtocolPlan plan_protocol(std::string_view spec, NodeId num_nodes) {
    const Spec parsed = parse_spec(spec);
    std::vector<std::string_view> forms;
    for (const Entry& entry : kProtocols) {
        if (parsed.name == entry.name) {
            ProtocolPlan plan = entry.plan(parsed, num_nodes);
            plan.name = entry.name;
            return plan;
        }
        forms.push_back(entry.name);
    }
    throw std::invalid_argument(
        fmt::format("--protocol: got '{}', allowed {}", parsed.name, fmt::join(forms, ", ")));
}

std::string protocol_help() {
    std::string help;
    for (const Entry& entry : kProtocols) {
        help += fmt::format("  {:<46} {}\n", entry.syntax, entry.help);
    }
    return help;
}

SpecOptions protocol_options(const Spec& spec, const std::vector<std::string>& allowed) {
    if (allowed.empty() && spec.has_argument) {
        throw std::invalid_argument(
            fmt::format("protocol {}: takes no options, got '{}'", spec.name, spec.argument));
    }
    return {"protocol " + spec.name, spec, allowed};
}

SimTime required_time(const Spec& spec, const SpecOptions& options, const std::string& key) {
    const std::string where = fmt::format("protocol {}: {}", spec.name, key);
    const std::string text = options.text(key, "");
    const double seconds = text.empty() ? 0 : parse_time(where, text);
    if (seconds <= 0 || seconds > kLongestSeconds) {
        throw std::invalid_argument(
            fmt::format("{}: got '{}', allowed a time above 0, such as 500ms", where, text));
    }
    return from_seconds(seconds);
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
