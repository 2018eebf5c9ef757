// What protocols and their options are refused for before anything runs.

#include "emulator/protocols/protocol_plan.h"

#include "emulator/protocols/plans.h"
#include "emulator/protocols/protocol_checks.h"
#include "emulator/run/experiment_plan.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/fake_node_context.h"
#include "tests/unit/emulator/plan_refusal.h"

#include <boost/graph/adjacency_list.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

std::string refusal_of(const std::string& spec, NodeId num_nodes = 8) {
    try {
        (void)plan_protocol(spec, num_nodes);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("protocols are made by name, an object for each node") {
    const ProtocolPlan plan = plan_protocol("dpsgd", 8);
    test::FakeNodeContext first(0, {}, 1);
    test::FakeNodeContext second(1, {}, 1);
    CHECK(plan.make(first) != plan.make(second));
    const std::string unknown = refusal_of("dpsg");
    CHECK(unknown.starts_with("protocol: unknown, got 'dpsg', allowed dpsgd, dpsgd-sampler, "));
    CHECK(unknown.ends_with("; did you mean dpsgd?"));
}

TEST_CASE("every protocol has a line of help, and names it as it is called") {
    const std::string help = protocols().help();
    CHECK(protocols().names().size() >= 17);
    for (const std::string& name : protocols().names()) {
        CHECK(help.find("  " + name) != std::string::npos);
    }
}

TEST_CASE("options of protocols that have none are refused") {
    for (const std::string name : {"ad-psgd", "local"}) {
        CHECK(refusal_of(name) == "accepted");
        CHECK(refusal_of(name + ":x=1") == "protocol " + name + ": takes no argument, got 'x=1'");
    }
}

TEST_CASE("dpsgd and its kin: what to do without missing models") {
    for (const std::string name : {"dpsgd", "dpsgd-sampler", "el-oracle", "knn"}) {
        CHECK(refusal_of(name) == "accepted");
        CHECK(refusal_of(name + ":on-missing=wait") == "accepted");
        CHECK(refusal_of(name + ":on-missing=timeout:2s") == "accepted");
        CHECK(refusal_of(name + ":on-missing=hope") ==
              "protocol " + name +
                  ": on-missing: got 'hope', allowed skip, wait, timeout:TIME");
    }
}

TEST_CASE("el-oracle and el-local: options that do not fit are refused") {
    CHECK(refusal_of("el-oracle") == "accepted");
    CHECK(refusal_of("el-oracle", 3) == "accepted");
    CHECK(refusal_of("el-oracle:degree=8") ==
          "protocol el-oracle: degree: not a whole number in range, got '8', allowed 1 ... 7");
    CHECK(refusal_of("el-local:window=1s,receivers=2") == "accepted");
    CHECK(refusal_of("el-local:receivers=2") ==
          "protocol el-local: the window is missing, allowed el-local:window=TIME[,receivers=5]");
    CHECK(refusal_of("el-local:window=0s") ==
          "protocol el-local: window: got '0s', allowed a time above 0, such as 500ms");
    CHECK(refusal_of("el-local:window=5").starts_with("protocol el-local: window: got '5', "));
    CHECK(refusal_of("el-local:window=1s,receivers=0") ==
          "protocol el-local: receivers: not a whole number in range, got '0', allowed 1 ... 7");
}

TEST_CASE("fedavg and stc: options that do not fit are refused") {
    CHECK(refusal_of("fedavg:clients=0.5,weights=uniform") == "accepted");
    CHECK(refusal_of("fedavg:clients=2") ==
          "protocol fedavg: clients: not a number in range, got '2', allowed above 0, at most 1");
    CHECK(refusal_of("fedavg:clients=0").starts_with("protocol fedavg: clients: not a number"));
    CHECK(refusal_of("fedavg:weights=equal") ==
          "protocol fedavg: weights: unknown, got 'equal', allowed samples, uniform");
    CHECK(refusal_of("stc:clients=1") ==
          "protocol stc: unknown option, got 'clients', allowed keys: weights");
}

TEST_CASE("knn and gossip: options that do not fit are refused") {
    CHECK(refusal_of("knn:k=2,most=dissimilar,hops=5") == "accepted");
    CHECK(refusal_of("knn:k=8") ==
          "protocol knn: k: not a whole number in range, got '8', allowed 1 ... 7");
    CHECK(refusal_of("knn:hops=0").starts_with("protocol knn: hops: not a whole number"));
    CHECK(refusal_of("knn:most=alike") ==
          "protocol knn: most: unknown, got 'alike', allowed similar, dissimilar");
    CHECK(refusal_of("gossip:period=10s,peers=overlay") == "accepted");
    CHECK(refusal_of("gossip") ==
          "protocol gossip: the period is missing, allowed gossip:period=TIME[,peers=any|overlay]");
    CHECK(refusal_of("gossip:period=1s,peers=all") ==
          "protocol gossip: peers: unknown, got 'all', allowed any, overlay");
}

ExperimentOptions small() {
    ExperimentOptions options;
    options.nodes = 6;
    options.topology = "ring";
    options.dataset = "least-squares:features=3,samples=24";
    options.model = "linear";
    options.clock = "modelled:1ms,merge=0";
    options.workers = 1;
    return options;
}

using test::refusal_of;

TEST_CASE("a link per overlay edge is refused where any two nodes may meet") {
    ExperimentOptions options = small();
    options.underlay = "p2p";
    for (const char* protocol :
         {"dpsgd", "dpsgd-sampler", "ad-psgd", "fedavg", "stc", "gossip:period=1s,peers=overlay"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) == "accepted");
    }
    for (const std::string protocol :
         {"el-oracle:degree=3", "el-local:window=1s,receivers=2", "gossip:period=1s"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) ==
              "--underlay: p2p has a link per overlay edge, got --protocol=" + protocol +
                  ", allowed a static overlay");
    }
    options.protocol = "dpsgd";
    options.topology = "dynamic:regular:3";
    CHECK(refusal_of(options) ==
          "--underlay: p2p has a link per overlay edge, got --topology=dynamic:regular:3, allowed "
          "a static overlay");
}

TEST_CASE("links are made for the pairs that exchange messages") {
    ExperimentOptions options = small();
    const auto pairs_of = [&](const char* protocol) {
        options.protocol = protocol;
        const ExperimentPlan plan(options, {});
        return sorted_edges(pairs_to_connect(options, plan.protocol, plan.overlay));
    };
    using Pairs = std::vector<std::pair<NodeId, NodeId>>;
    const Pairs star{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}};
    CHECK(pairs_of("dpsgd") == Pairs{{0, 1}, {0, 5}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
    CHECK(pairs_of("fedavg") == star);
    CHECK(pairs_of("stc") == star);
    CHECK(pairs_of("gossip:period=1s") == star);
    CHECK(pairs_of("dpsgd-sampler") ==
          Pairs{{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
}

TEST_CASE("overlays and data that a protocol cannot use are refused") {
    ExperimentOptions options = small();
    options.protocol = "knn:k=2";
    CHECK(refusal_of(options) ==
          "--protocol: knn:k=2 compares the labels of nodes, got "
          "--dataset=least-squares:features=3,samples=24, allowed one with classes");
    options.protocol = "ad-psgd";
    options.topology = "dynamic:regular:3";
    CHECK(refusal_of(options) ==
          "--topology: got dynamic:regular:3 with --protocol=ad-psgd, allowed a static overlay, "
          "without dynamic:");
    options.protocol = "dpsgd-sampler";
    CHECK(refusal_of(options) == "accepted");
}

TEST_CASE("a strategy with weights of its own is refused where the protocol sets them") {
    ExperimentOptions options = small();
    options.sharing = "plain-average";
    for (const char* protocol : {"dpsgd", "el-oracle:degree=3", "el-local:window=1s,receivers=2"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) == "accepted");
    }
    for (const std::string protocol : {"fedavg", "stc", "ad-psgd", "gossip:period=1s"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) ==
              "--sharing: plain-average has weights of its own, got --protocol=" + protocol +
                  ", which sets them; allowed full and others that heed them");
    }
}

TEST_CASE("an aggregator that ignores weights is refused where the protocol sets them") {
    ExperimentOptions options = small();
    for (const std::string aggregation : {"median", "trimmed-mean:beta=0.2", "equal"}) {
        options.aggregation = aggregation;
        for (const char* protocol : {"dpsgd", "el-oracle:degree=3"}) {
            options.protocol = protocol;
            CHECK(refusal_of(options) == "accepted");
        }
        for (const std::string protocol : {"fedavg", "stc", "ad-psgd", "gossip:period=1s"}) {
            options.protocol = protocol;
            CHECK(refusal_of(options) == "--aggregation: " + aggregation +
                                             " ignores weights, got --protocol=" + protocol +
                                             ", which sets them; allowed mean");
        }
    }
}

TEST_CASE("aggregators are refused beside merges that are not theirs") {
    ExperimentOptions options = small();
    options.aggregation = "median";
    options.sharing = "choco";
    CHECK(refusal_of(options) ==
          "aggregation: choco merges by an algorithm of its own, got 'median', allowed mean");
    options.sharing = "plain-average";
    CHECK(refusal_of(options) ==
          "aggregation: --sharing=plain-average stands for equal, got 'median', allowed equal");
    options.aggregation = "equal";
    CHECK(refusal_of(options) == "accepted");
    options.sharing = "secure";
    CHECK(refusal_of(options) ==
          "--aggregation: secure aggregation is a sum of masked models, of which no single one is "
          "seen, got equal, allowed mean");
    options.sharing = "full";
    options.aggregation = "medians";
    const std::string unknown = refusal_of(options);
    // Behind ours come those that other cases of this program have added.
    CHECK(unknown.starts_with(
        "aggregation: unknown, got 'medians', allowed mean, equal, median, trimmed-mean"));
    CHECK(unknown.ends_with("; did you mean median?"));
}

/// Remembers what its peers have sent, or what a server has.
struct Remembering : Encoder {
    explicit Remembering(bool of_server) : of_server(of_server) {}
    [[nodiscard]] bool needs_static_overlay() const override { return !of_server; }
    [[nodiscard]] bool needs_server() const override { return of_server; }
    bool of_server;
    [[nodiscard]] std::optional<MessageSize> message_size(std::size_t,
                                                          const SharingContext&) const override {
        return {};
    }
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(EncoderState&,
                                                             const Parameters&,
                                                             const SharingContext&) const override {
        return nullptr;
    }
    [[nodiscard]] ModelView decode(const EncodedModel&, std::size_t, std::uint32_t) const override {
        return ModelView(nullptr);
    }
};

std::string refusal_of_remembering(bool of_server,
                                   const std::string& protocol,
                                   const std::string& topology) {
    ExperimentOptions options = small();
    options.sharing = of_server ? "stc" : "choco";
    options.protocol = protocol;
    options.topology = topology;
    const Overlay overlay(topology, "metropolis", options.nodes, 1);
    try {
        check_together(options,
                       plan_protocol(protocol, options.nodes),
                       overlay,
                       Sharing(std::make_unique<Remembering>(of_server), make_aggregator("mean")));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST_CASE("a strategy that remembers its peers is refused where they change") {
    const auto refusal = [](const std::string& protocol, const std::string& topology) {
        return refusal_of_remembering(false, protocol, topology);
    };
    const std::string head = "--sharing: choco remembers what each peer has sent, got ";
    const std::string tail = ", allowed the same peers in every round";
    for (const char* protocol : {"dpsgd", "dpsgd-sampler", "stc", "fedavg:clients=1", "knn:k=2"}) {
        CHECK(refusal(protocol, "ring") == "accepted");
    }
    CHECK(refusal("dpsgd", "dynamic:regular:3") == head + "a dynamic overlay" + tail);
    for (const std::string protocol :
         {"fedavg:clients=0.5", "ad-psgd", "el-local:window=1s", "gossip:period=1s"}) {
        CHECK(refusal(protocol, "ring") == head + "--protocol=" + protocol + tail);
    }
}

TEST_CASE("overlays with directions are refused where they cannot be used") {
    ExperimentOptions options = small();
    options.topology = "directed:exponential";
    options.weights = "row-stochastic";
    CHECK(refusal_of(options) == "accepted");
    options.weights = "column-stochastic";
    CHECK(
        refusal_of(options) ==
        "--weights: got column-stochastic with --protocol=dpsgd, which averages what a node gets, "
        "allowed row-stochastic");
    options.weights = "row-stochastic";
    options.sharing = "choco";
    CHECK(refusal_of(options) ==
          "--sharing: choco remembers what each peer has sent, got an overlay with directions, "
          "allowed the same peers in every round");
    options.sharing = "full";
    for (const std::string protocol : {"dpsgd-sampler", "secure-dpsgd", "ad-psgd"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) == "--topology: got directed:exponential with --protocol=" +
                                         protocol + ", allowed an overlay without directions");
    }
}

TEST_CASE("a strategy that follows a server is refused without one that all clients hear") {
    for (const char* protocol : {"stc", "fedavg:clients=1"}) {
        CHECK(refusal_of_remembering(true, protocol, "ring") == "accepted");
    }
    for (const std::string protocol : {"dpsgd", "fedavg:clients=0.5", "gossip:period=1s"}) {
        CHECK(
            refusal_of_remembering(true, protocol, "ring") ==
            "--sharing: stc needs a server that all clients hear in every round, got --protocol=" +
                protocol + ", allowed stc, fedavg:clients=1");
    }
}

TEST_CASE("secure aggregation: options that do not fit are refused") {
    CHECK(refusal_of("secure-dpsgd") == "accepted");
    CHECK(refusal_of("secure-dpsgd:fraction-bits=12,timeout=2s") == "accepted");
    CHECK(refusal_of("secure-dpsgd:fraction-bits=31") ==
          "protocol secure-dpsgd: fraction-bits: not a whole number in range, got '31', allowed "
          "1 ... 30");
    CHECK(refusal_of("secure-dpsgd:timeout=0s") ==
          "protocol secure-dpsgd: timeout: got '0s', allowed a time above 0, such as 500ms");
    CHECK(
        refusal_of("secure-dpsgd:bits=20") ==
        "protocol secure-dpsgd: unknown option, got 'bits', allowed keys: fraction-bits, timeout");
}

TEST_CASE("secure sharing is secure-dpsgd, with its options, in the place of dpsgd alone") {
    ExperimentOptions options = small();
    options.sharing = "secure:fraction-bits=12,timeout=2s";
    CHECK(refusal_of(options) == "accepted");
    CHECK(plan_protocol(options).sums_in_secret);
    options.sharing = "secure:fraction-bits=0";
    CHECK(refusal_of(options).starts_with("protocol secure-dpsgd: fraction-bits: not a whole"));
    options.sharing = "secure";
    for (const std::string protocol : {"secure-dpsgd", "dpsgd-sampler", "gossip:period=1s"}) {
        options.protocol = protocol;
        CHECK(refusal_of(options) ==
              "--sharing: secure is a protocol of its own, secure-dpsgd, got --protocol=" +
                  protocol + ", allowed dpsgd");
    }
}

TEST_CASE("overlays, strategies and weights that secure aggregation cannot use are refused") {
    ExperimentOptions options = small();
    options.sharing = "secure";
    options.topology = "star";
    const std::string tail =
        " needs two neighbors or more, node 1 has 1 in star, allowed overlays without leaves, such "
        "as ring";
    CHECK(refusal_of(options) == "--sharing: secure" + tail);
    options.sharing = "full";
    options.protocol = "secure-dpsgd";
    CHECK(refusal_of(options) == "--protocol: secure-dpsgd" + tail);
    options.topology = "dynamic:regular:3";
    CHECK(refusal_of(options) == "accepted");
    options.sharing = "top-k:alpha=0.2";
    CHECK(refusal_of(options) ==
          "--sharing: secure-dpsgd sends masked models, got top-k:alpha=0.2, allowed full");
    options.sharing = "full";
    options.codec = "float16";
    CHECK(refusal_of(options) ==
          "--codec: secure aggregation sends masked words, which nothing shrinks, got float16, "
          "allowed none");

    const test::TemporaryFolder folder;
    std::string weights;
    for (NodeId node = 0; node < 6; ++node) {
        weights += std::to_string(node) + " " + std::to_string((node + 1) % 6) + " -0.25\n";
        weights += std::to_string(node) + " " + std::to_string((node + 5) % 6) + " 0.5\n";
    }
    options = small();
    options.sharing = "secure";
    options.weights = "file:" + (folder.path() / "weights").string();
    test::write_text(folder.path() / "weights", weights);
    CHECK(refusal_of(options) ==
          "--weights: node 0 gives -0.25 to node 1, allowed 0 to 1 for secure aggregation");
}

TEST_CASE("a server has no data: the clients share all of it") {
    ExperimentOptions options = small();
    options.protocol = "fedavg";
    const ExperimentPlan plan(options, {});
    REQUIRE(plan.partition.size() == 6);
    CHECK(plan.partition[0].empty());
    std::size_t samples = 0;
    for (NodeId client = 1; client < 6; ++client) {
        CHECK(plan.partition[client].size() >= 24 / 5);
        samples += plan.partition[client].size();
    }
    CHECK(samples == 24);
}

}  // namespace
}  // namespace murmur
