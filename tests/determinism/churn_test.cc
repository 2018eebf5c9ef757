// Nodes that come and go: no protocol hangs, and a run is the same for any number of workers.
#include "emulator/protocols/plans.h"
#include "emulator/run/experiment.h"
#include "learning/random_stream.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tools/text/spec.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

namespace murmur {
namespace {

/// 64 nodes and a small task: a run takes some 50 ms.
ExperimentOptions crowd(const std::string& network) {
    ExperimentOptions options = test::small_options(network);
    options.nodes = 64;
    options.topology = "regular:4";
    options.dataset = "least-squares:features=8,samples=512";
    options.partition = "iid";
    options.model = "linear";
    options.training = {.batch_size = 4, .local_steps = 2, .lr = 0.02};
    options.rounds = 6;
    options.eval_every = 3;
    options.link_bins = 0;
    return options;
}

struct Case {
    const char* protocol;
    const char* sharing = "full";
    bool returns = true;
    const char* topology = "regular:4";
};

const std::vector<Case> kCases{
    {"dpsgd"},
    {"dpsgd:on-missing=timeout:200ms"},
    {"dpsgd", "choco:alpha=0.3"},
    {"dpsgd", "top-k:alpha=0.3"},
    {"dpsgd-sampler"},
    {"el-oracle:degree=4"},
    {"el-local:window=100ms"},
    {"gossip:period=80ms"},
    {"gossip:period=80ms,peers=overlay"},
    {"ad-psgd"},
    {"fedavg:clients=0.3"},
    {"stc", "stc:alpha=0.3"},
    {"secure-dpsgd:timeout=1s", "full", false},
    {"local"},
    {"skiptrain:train=2,sync=1"},
    {"gt"},
    {"gt:form=qg,momentum=0.5"},
    {"d2"},
    {"d2:form=qg"},
    {"extra"},
    {"qg-dsgdm"},
    {"sgp"},
    {"sgp", "full", true, "dynamic:one-peer-exponential"},
    {"osgp:staleness=2"},
    {"relaysgd", "full", false, "spanning-tree:regular:4"},
    {"relaysgd:normalization=counts", "full", false, "spanning-tree:regular:4"},
    {"muffliato:sigma=0.01,mixings=3"},
    {"zip-dl:sigma=0.01,mixings=2"},
    {"divshare:fragments=4,receivers=3"},
    {"divshare:fragments=4,receivers=3,unsent=keep"},
    {"shatter:virtual=3,degree=2", "full", false},
    {"shatter:virtual=3,degree=2,hosts=owner", "full", false},
    {"teleportation:active=8", "full", false},
    {"teleportation:active=8,places=sorted", "full", false},
    {"fedbuff:buffer=5,concurrency=12"},
    {"scaffold:clients=0.3"},
    {"scaffold:clients=0.3,control=gradient"},
    {"beer:alpha=0.3", "full", false},
    {"powergossip", "full", false},
    {"ddp", "full", false},
    {"ddp:via=tree", "full", false},
    {"diloco", "full", false},
    {"diloco:via=direct,overlap=eager", "full", false},
    {"diloco:overlap=delayed,codec=uniform", "full", false},
    {"diloco:via=server"},
    {"diloco:via=gossip"},
    {"streaming-diloco:fragments=2,delay=1", "full", false},
    {"async-diloco:grace=20ms"},
    {"async-diloco:grace=20ms,steps=dylu"},
    {"noloco", "full", false},
    {"noloco:timeout=100ms", "full", false},
    {"demo:top-k=2", "full", false},
    {"sparseloco:top-k=2,via=direct", "full", false},
    {"sparta:share=0.3", "full", false},
    {"moshpit", "full", false},
    {"moshpit:timeout=100ms", "full", false},
};

/// Has tests of its own below.
const std::vector<std::string> kNotDrawn{"knn"};

void check_ends_the_same(const ExperimentOptions& options) {
    CAPTURE(options.protocol);
    CAPTURE(options.sharing);
    CAPTURE(options.network);
    CAPTURE(options.crash);
    CAPTURE(options.availability);
    CAPTURE(options.seed);
    test::check_same_for_any_workers(options);
}

TEST_CASE("each protocol is drawn below") {
    std::set<std::string> drawn(kNotDrawn.begin(), kNotDrawn.end());
    for (const Case& one : kCases) {
        drawn.insert(parse_spec(one.protocol).name);
    }
    for (const std::string& protocol : protocols().names()) {
        CHECK_MESSAGE(drawn.contains(protocol), protocol);
    }
}

TEST_CASE("half of 64 nodes leave for good at a drawn instant: every protocol ends, the same") {
    RandomStream draw(20261128);
    const std::vector<std::string> networks{"flow", "packet"};
    std::size_t turn = 0;
    for (const Case& one : kCases) {
        ExperimentOptions options = crowd(networks[turn++ % networks.size()]);
        options.protocol = one.protocol;
        options.sharing = one.sharing;
        options.topology = one.topology;
        options.crash = fmt::format("0.5@{}ms", 1 + draw.below(600));
        options.seed = draw();
        check_ends_the_same(options);
    }
}

TEST_CASE("nodes that leave and return by chance: every protocol ends, the same") {
    RandomStream draw(20261129);
    const std::vector<std::string> networks{"packet", "flow"};
    const std::vector<std::string> returns{"old", "start", "neighbor"};
    std::size_t turn = 0;
    for (const Case& one : kCases) {
        if (!one.returns) {
            continue;
        }
        ExperimentOptions options = crowd(networks[turn % networks.size()]);
        options.protocol = one.protocol;
        options.sharing = one.sharing;
        options.topology = one.topology;
        options.availability = fmt::format("poisson:on={}ms,off={}ms", 200 + draw.below(400), 50 + draw.below(200));
        options.join = "0.1@uniform:50ms:150ms";
        options.on_leave = turn % 2 == 0 ? "lose" : "finish";
        const bool remembers = options.sharing.starts_with("choco") || options.sharing.starts_with("stc");
        options.on_return = remembers ? "old" : returns[turn % returns.size()];
        options.seed = draw();
        ++turn;
        check_ends_the_same(options);
    }
}

TEST_CASE("members of a collective that lose one of them agree to the bit all the same") {
    RandomStream draw(20261130);
    std::uint64_t restarted = 0;
    std::uint64_t handed_on = 0;
    for (const char* protocol : {"ddp", "ddp:via=tree", "ddp:via=direct", "diloco:codec=uniform",
                                 "demo:top-k=2", "sparseloco:top-k=2,via=direct",
                                 "streaming-diloco:fragments=2,delay=1"}) {
        for (int time = 0; time < 4; ++time) {
            CAPTURE(protocol);
            ExperimentOptions options = crowd("flow");
            options.nodes = 12;
            options.topology = "ring";
            options.protocol = protocol;
            options.crash = fmt::format("0.5@uniform:1ms:{}ms", 100 + draw.below(2000));
            options.seed = draw();
            const RunResult result = Experiment(options).run();
            REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
            const auto count = [&](const char* what) {
                const auto found = result.summary.protocol_counts.find(what);
                return found == result.summary.protocol_counts.end() ? 0 : found->second;
            };
            restarted += count("collectives_restarted");
            handed_on += count("results_handed_on");
            CHECK(result.rounds.back().nodes >= 6);
            CHECK(result.rounds.back().consensus_distance == 0);
        }
    }
    // Both of what may become of a collective have.
    CHECK(restarted > 0);
    CHECK(handed_on > 0);
}

TEST_CASE("D-PSGD that waits for nodes to return ends the same, on every network") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        ExperimentOptions options = crowd(network);
        options.nodes = 16;
        options.rounds = 4;
        options.protocol = "dpsgd:on-missing=wait";
        options.availability = "poisson:on=400ms,off=100ms";
        check_ends_the_same(options);
    }
}

TEST_CASE("knn finds peers among nodes that leave, and learns on without them") {
    for (const bool returns : {false, true}) {
        ExperimentOptions options = crowd("flow");
        options.dataset = "synthetic:train=256,test=20";
        options.partition = "shards:2";
        options.model = "mlp:4";
        options.protocol = "knn:k=3,hops=2";
        options.crash = returns ? "" : "0.5@uniform:1ms:300ms";
        options.availability = returns ? "poisson:on=150ms,off=80ms" : "always";
        check_ends_the_same(options);
    }
}

TEST_CASE("a node that waits for one that has left for good is named") {
    ExperimentOptions options = crowd("flow");
    options.protocol = "dpsgd:on-missing=wait";
    options.crash = "0.5@100ms";
    const Summary summary = Experiment(options).run().summary;
    CHECK(summary.status == "failed");
    CHECK(summary.error.starts_with("nothing left to happen, but 32 of 64 nodes have not finished"));
    CHECK(summary.error.ends_with("32 nodes have left for good, 0 are away"));
}

}  // namespace
}  // namespace murmur
