#include "emulator/protocols/protocol_plan.h"

#include "emulator/network/underlays/underlays.h"
#include "emulator/protocols/protocol_checks.h"
#include "learning/optimizer.h"
#include "tools/text/spec.h"
#include "topologies/generators.h"

#include <boost/graph/adjacency_list.hpp>
#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <string_view>

namespace murmur {

namespace {

bool shares_securely(const ProtocolOptions& options) {
    return parse_spec(options.sharing).name == "secure";
}

/// Refuses overlays whose nodes have no sums to hide behind.
void check_neighbors(const ProtocolOptions& options, const Overlay& overlay, NodeId node) {
    const std::vector<NeighborWeight>& edges = overlay.row(node, 0).neighbors;
    if (edges.size() < 2) {
        throw std::invalid_argument(
            fmt::format("{} needs two neighbors or more, node {} has {} in {}, allowed overlays "
                        "without leaves, such as ring",
                        shares_securely(options) ? "--sharing: secure" : "--protocol: secure-dpsgd",
                        node,
                        edges.size(),
                        options.topology));
    }
    for (const auto& [neighbor, weight] : edges) {
        if (!(weight >= 0 && weight <= 1)) {
            throw std::invalid_argument(
                fmt::format("--weights: node {} gives {} to node {}, allowed 0 to 1 for secure "
                            "aggregation",
                            node,
                            weight,
                            neighbor));
        }
    }
}

/// Refuses what a sum of masked models cannot be made of.
void check_secret_sums(const ProtocolOptions& options, const Overlay& overlay) {
    if (!shares_securely(options) && options.sharing != "full") {
        throw std::invalid_argument(fmt::format(
            "--sharing: secure-dpsgd sends masked models, got {}, allowed full", options.sharing));
    }
    if (options.aggregation != "mean") {
        throw std::invalid_argument(
            fmt::format("--aggregation: secure aggregation is a sum of masked models, of which no "
                        "single one is seen, got {}, allowed mean",
                        options.aggregation));
    }
    if (!options.codec.empty()) {
        throw std::invalid_argument(
            fmt::format("--codec: secure aggregation sends masked words, which nothing shrinks, "
                        "got {}, allowed none",
                        options.codec));
    }
    // A dynamic overlay is looked at round by round, as it is drawn.
    for (NodeId node = 0; node < options.nodes && !overlay.is_dynamic(); ++node) {
        check_neighbors(options, overlay, node);
    }
}

/// Refuses strategies where the protocol has messages and merges of its own.
void check_own_messages(const ProtocolOptions& options) {
    const auto refuse = [&](const char* option, const std::string& got, const char* allowed) {
        throw std::invalid_argument(
            fmt::format("{}: got {} with --protocol={}, whose messages and merges are its own, "
                        "allowed {}",
                        option,
                        got,
                        options.protocol,
                        allowed));
    };
    if (options.sharing != "full") {
        refuse("--sharing", options.sharing, "full");
    }
    if (!options.codec.empty()) {
        refuse("--codec", options.codec, "none; some protocols have an option codec");
    }
    if (options.aggregation != "mean") {
        refuse("--aggregation", options.aggregation, "mean");
    }
}

}  // namespace

ProtocolPlan plan_protocol(const ProtocolOptions& options) {
    if (!shares_securely(options)) {
        return plan_protocol(options.protocol, options.nodes);
    }
    if (options.protocol != "dpsgd") {
        throw std::invalid_argument(
            fmt::format("--sharing: secure is a protocol of its own, secure-dpsgd, got "
                        "--protocol={}, allowed dpsgd",
                        options.protocol));
    }
    const std::string_view given = options.sharing;
    return plan_protocol(fmt::format("secure-dpsgd{}", given.substr(std::strlen("secure"))),
                         options.nodes);
}

void check_together(const ProtocolOptions& options,
                    const ProtocolPlan& protocol,
                    const Overlay& overlay,
                    const Sharing& sharing) {
    if (protocol.needs_static_overlay && overlay.is_dynamic()) {
        throw std::invalid_argument(fmt::format(
            "--topology: got {} with --protocol={}, allowed a static overlay, without dynamic:",
            options.topology,
            options.protocol));
    }
    if (overlay.is_directed() && !protocol.takes_directed_overlay) {
        throw std::invalid_argument(
            fmt::format("--topology: got {} with --protocol={}, allowed an overlay without "
                        "directions",
                        options.topology,
                        options.protocol));
    }
    if (overlay.is_directed() && protocol.needs_weighted_means &&
        options.weights == "column-stochastic") {
        throw std::invalid_argument(fmt::format(
            "--weights: got column-stochastic with --protocol={}, which averages what a node gets, "
            "allowed row-stochastic",
            options.protocol));
    }
    if (sharing.encoder().needs_static_overlay() &&
        (overlay.is_dynamic() || overlay.is_directed() || protocol.has_changing_peers)) {
        throw std::invalid_argument(fmt::format(
            "--sharing: {} remembers what each peer has sent, got {}, allowed the same peers in "
            "every round",
            options.sharing,
            protocol.has_changing_peers ? "--protocol=" + options.protocol
            : overlay.is_dynamic()      ? "a dynamic overlay"
                                        : "an overlay with directions"));
    }
    if (sharing.encoder().needs_server() && (!protocol.has_server || protocol.has_changing_peers)) {
        throw std::invalid_argument(
            fmt::format("--sharing: {} needs a server that all clients hear in every round, got "
                        "--protocol={}, allowed stc, fedavg:clients=1",
                        options.sharing,
                        options.protocol));
    }
    if (protocol.has_own_messages) {
        check_own_messages(options);
    }
    if (protocol.sends_models_apart && !sharing.encoder().sends_exact_values()) {
        throw std::invalid_argument(fmt::format(
            "--sharing: got {}{} with --protocol={}, which sends each receiver another model, "
            "allowed full without a codec",
            options.sharing,
            options.codec.empty() ? "" : " with --codec=" + options.codec,
            options.protocol));
    }
    // A dynamic overlay is looked at round by round, as it is drawn.
    for (NodeId node = 0;
         protocol.least_receivers > 0 && node < options.nodes && !overlay.is_dynamic();
         ++node) {
        const std::size_t receivers = overlay.neighbors(node, 0).out.size();
        if (receivers < protocol.least_receivers) {
            throw std::invalid_argument(
                fmt::format("--protocol: {} needs {} receivers or more, node {} has {} in {}, "
                            "allowed overlays without such nodes, such as ring",
                            options.protocol,
                            protocol.least_receivers,
                            node,
                            receivers,
                            options.topology));
        }
    }
    if (protocol.sums_in_secret) {
        check_secret_sums(options, overlay);
    }
    if (protocol.check_overlay) {
        protocol.check_overlay(options, overlay);
    }
    if (protocol.sets_weights && !sharing.uses_weights() && options.aggregation != "mean") {
        throw std::invalid_argument(
            fmt::format("--aggregation: {} ignores weights, got --protocol={}, which sets them; "
                        "allowed mean",
                        options.aggregation,
                        options.protocol));
    }
    if (protocol.sets_weights && !sharing.uses_weights()) {
        throw std::invalid_argument(
            fmt::format("--sharing: {} has weights of its own, got --protocol={}, which sets them; "
                        "allowed full and others that heed them",
                        options.sharing,
                        options.protocol));
    }
}

void check_training(const ProtocolOptions& options,
                    const ProtocolPlan& protocol,
                    const TrainingOptions& training,
                    const Sharing& sharing) {
    if (protocol.needs_plain_sgd && !make_optimizer(training)->is_plain_sgd()) {
        throw std::invalid_argument(fmt::format(
            "--optimizer: got {}{}{} with --protocol={}, which takes local updates for sums of "
            "gradients, allowed sgd without momentum and --clip",
            training.optimizer,
            training.momentum > 0 ? fmt::format(" with --momentum={}", training.momentum) : "",
            training.clip > 0 ? fmt::format(" with --clip={}", training.clip) : "",
            options.protocol));
    }
    if (training.privacy == "none") {
        return;
    }
    if (!protocol.tells_of_data.empty()) {
        throw std::invalid_argument(
            fmt::format("--privacy: got {} with --protocol={}, which sends {}, allowed none",
                        training.privacy,
                        options.protocol,
                        protocol.tells_of_data));
    }
    if (sharing.testing() != nullptr) {
        throw std::invalid_argument(
            fmt::format("--privacy: got {} with --aggregation={}, which chooses messages by losses on "
                        "a node's own samples as they are, allowed none",
                        training.privacy,
                        options.aggregation));
    }
}

NodeId always_there(const ProtocolPlan& protocol) {
    const bool needs_node_zero =
        protocol.has_server || protocol.peers == ProtocolPlan::Peers::kOverlayAndNodeZero;
    return needs_node_zero ? 1 : 0;
}

void check_lives(const ProtocolOptions& options,
                 const ProtocolPlan& protocol,
                 const LifePlan& lives,
                 const Sharing& sharing) {
    if (!lives.has_churn) {
        return;
    }
    const std::string_view option = lives.returns ? options.join.empty() ? "--availability" : "--join"
                                                  : "--crash";
    if (!protocol.lives_with_churn) {
        throw std::invalid_argument(fmt::format(
            "{}: --protocol={} does not say what it does when nodes leave, allowed protocols that "
            "do (docs/churn.md)",
            option,
            options.protocol));
    }
    if (lives.returns && !protocol.lives_with_returns) {
        throw std::invalid_argument(
            fmt::format("{}: nodes of {} can leave for good and not come back, allowed --crash",
                        option,
                        protocol.name));
    }
    if (lives.returns && sharing.encoder().needs_server() && !protocol.updates_returned) {
        throw std::invalid_argument(
            fmt::format("--sharing: {} needs every update of the server, which a client that was away "
                        "has missed; allowed with --protocol=stc",
                        options.sharing));
    }
    if (lives.returns && protocol.has_common_state &&
        lives.returns_with == ReturnsWith::kNeighbor) {
        throw std::invalid_argument(
            fmt::format("--on-return: got {} with --protocol={}, where a node that is back gets what "
                        "all have in common from another one in any case, allowed old, start",
                        options.on_return,
                        options.protocol));
    }
    const bool remembers =
        sharing.encoder().needs_static_overlay() || sharing.encoder().needs_server();
    if (lives.returns && remembers && lives.returns_with != ReturnsWith::kOld) {
        throw std::invalid_argument(
            fmt::format("--on-return: got {}, but with --sharing={} nodes remember what each has "
                        "sent, allowed old",
                        options.on_return,
                        options.sharing));
    }
}

void check_attack(const ProtocolOptions& options,
                  const Attackers& attackers,
                  const ProtocolPlan& protocol,
                  const LifePlan& lives,
                  const Sharing& sharing) {
    if (!attackers.attack) {
        return;
    }
    const Attack& attack = *attackers.attack;
    if (protocol.sums_in_secret) {
        throw std::invalid_argument(fmt::format(
            "--attack: got {}, allowed none with secure aggregation, whose sums no rule can guard",
            options.attack));
    }
    if (attack.forges() && sharing.has_own_merge()) {
        throw std::invalid_argument(
            fmt::format("--attack: got {} with --sharing={}, which merges by an algorithm of its "
                        "own that no rule guards, allowed label-flip",
                        options.attack,
                        options.sharing));
    }
    // An honest message of an attacker would be called an attack that does no harm.
    if (attack.forges() && (protocol.has_own_messages || protocol.hands_models_on)) {
        throw std::invalid_argument(
            fmt::format("--attack: got {} with --protocol={}, whose messages no forger sees, "
                        "allowed label-flip",
                        options.attack,
                        options.protocol));
    }
    if (attack.forges() && lives.returns && lives.returns_with == ReturnsWith::kNeighbor) {
        throw std::invalid_argument(
            fmt::format("--attack: got {} with --on-return={}, whose models no forger sees, allowed "
                        "label-flip",
                        options.attack,
                        options.on_return));
    }
    const bool has_neighbors = !protocol.has_changing_peers && !protocol.has_server &&
                               protocol.peers != ProtocolPlan::Peers::kAny;
    if (attack.is_per_victim() && !has_neighbors) {
        throw std::invalid_argument(
            fmt::format("--attack: got {} with --protocol={}, allowed with protocols whose nodes "
                        "hear all neighbors of the overlay in each round, such as dpsgd",
                        options.attack,
                        options.protocol));
    }
}

Graph pairs_to_connect(const ProtocolOptions& options,
                       const ProtocolPlan& protocol,
                       const Overlay& overlay) {
    const bool any_may_meet = overlay.is_dynamic() || protocol.peers == ProtocolPlan::Peers::kAny;
    if (any_may_meet && links_pairs(options.underlay)) {
        throw std::invalid_argument(fmt::format(
            "--underlay: {} has a link per overlay edge, got {}, allowed a static overlay",
            parse_spec(options.underlay).name,
            protocol.peers == ProtocolPlan::Peers::kAny || protocol.overlay
                ? "--protocol=" + options.protocol
                : "--topology=" + options.topology));
    }
    if (!any_may_meet && protocol.peers == ProtocolPlan::Peers::kOverlay) {
        return overlay.graph(0);
    }
    // Routes from one node to all others are routes between all.
    Graph pairs = star(options.nodes);
    if (!any_may_meet) {
        for (const auto& [first, second] : sorted_edges(overlay.graph(0))) {
            if (first != 0) {
                boost::add_edge(first, second, pairs);
            }
        }
    }
    return pairs;
}

}  // namespace murmur
