// Nodes that come and go: no protocol hangs, and a run is the same for any number of workers.
#include "emulator/protocols/plans.h"
#include "emulator/run/experiment.h"
#include "learning/random_stream.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tools/text/spec.h"

#include <fmt/format.h>

#include <cstdint>
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
    const char* weights = "metropolis";

    [[nodiscard]] ExperimentOptions options(const std::string& network) const {
        ExperimentOptions made = crowd(network);
        made.protocol = protocol;
        made.sharing = sharing;
        made.topology = topology;
        made.weights = weights;
        return made;
    }
    /// Returns `back`, or what a node of this protocol can be back with.
    [[nodiscard]] std::string on_return(const std::string& back) const {
        const std::string with(sharing);
        if (with.starts_with("choco") || with.starts_with("stc")) {
            return "old";
        }
        return back == "neighbor" && plan_protocol(protocol, 64).has_common_state ? "start" : back;
    }
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
    {"d2:mixing=half"},
    {"d2:form=qg,mixing=half"},
    {"extra"},
    {"qg-dsgdm"},
    {"sgp"},
    {"sgp", "full", true, "dynamic:one-peer-exponential", "column-stochastic"},
    {"osgp:staleness=2"},
    {"relaysgd", "full", false, "spanning-tree:regular:4"},
    {"relaysgd:normalization=counts", "full", false, "spanning-tree:regular:4"},
    {"muffliato:sigma=0.01,mixings=3"},
    {"zip-dl:sigma=0.01,mixings=2"},
    {"divshare:fragments=4,receivers=3"},
    {"divshare:fragments=4,receivers=3,unsent=keep"},
    {"shatter:virtual=3,degree=2"},
    {"shatter:virtual=3,degree=2,hosts=owner"},
    {"teleportation:active=8"},
    {"teleportation:active=8,places=sorted"},
    {"fedbuff:buffer=5,concurrency=12"},
    {"scaffold:clients=0.3"},
    {"scaffold:clients=0.3,control=gradient"},
    {"beer:alpha=0.3", "full", false},
    {"powergossip", "full", false},
    {"ddp"},
    {"ddp:via=tree"},
    {"diloco"},
    {"diloco:via=direct,overlap=eager"},
    {"diloco:overlap=delayed,codec=uniform"},
    {"diloco:via=server"},
    {"diloco:via=gossip"},
    {"streaming-diloco:fragments=2,delay=1"},
    {"async-diloco:grace=20ms"},
    {"async-diloco:grace=20ms,steps=dylu"},
    {"noloco"},
    {"noloco:timeout=100ms"},
    {"demo:top-k=2"},
    {"sparseloco:top-k=2,via=direct"},
    {"sparta:share=0.3"},
    {"moshpit"},
    {"moshpit:timeout=100ms"},
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
        ExperimentOptions options = one.options(networks[turn++ % networks.size()]);
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
        ExperimentOptions options = one.options(networks[turn % networks.size()]);
        options.availability =
            fmt::format("poisson:on={}ms,off={}ms", 200 + draw.below(400), 50 + draw.below(200));
        options.join = "0.1@uniform:50ms:150ms";
        options.on_leave = turn % 2 == 0 ? "lose" : "finish";
        options.on_return = one.on_return(returns[turn % returns.size()]);
        options.seed = draw();
        ++turn;
        check_ends_the_same(options);
    }
}

// Where lives end, nobody who leaves later frees one that waits for ever.
TEST_CASE("nodes that leave and return as a file says, and then stay: every protocol ends") {
    RandomStream draw(20261201);
    const test::TemporaryFolder folder;
    const std::vector<std::string> networks{"packet", "flow", "ideal"};
    std::size_t turn = 0;
    for (const Case& one : kCases) {
        if (!one.returns) {
            continue;
        }
        for (const char* back : {"old", "start", "neighbor"}) {
            ExperimentOptions options = one.options(networks[turn++ % networks.size()]);
            options.nodes = 24;
            options.on_return = one.on_return(back);
            options.on_leave = draw.below(2) == 0 ? "lose" : "finish";
            options.seed = draw();
            std::string lives = "node,on_s,off_s\n";
            for (NodeId node = 1; node < options.nodes; ++node) {
                double at = 0;
                for (std::uint64_t left = draw.below(4); left > 0; --left) {
                    const double off = at + 0.001 * static_cast<double>(1 + draw.below(400));
                    lives += fmt::format("{},{:.3f},{:.3f}\n", node, at, off);
                    at = off + 0.001 * static_cast<double>(1 + draw.below(150));
                }
                lives += fmt::format("{},{:.3f},\n", node, at);
            }
            options.availability = folder.write("lives.csv", lives);
            CAPTURE(options.protocol);
            CAPTURE(options.sharing);
            CAPTURE(options.network);
            CAPTURE(options.on_return);
            CAPTURE(options.on_leave);
            CAPTURE(options.seed);
            const Summary summary = Experiment(options).run().summary;
            CHECK_MESSAGE(summary.status == "complete", summary.error);
            // Nobody goes astray: they start at 0, and learn the same task.
            CHECK(summary.consensus_distance < 10);
        }
    }
}

TEST_CASE("nodes that crash one after the other: who has just finished, and who takes over") {
    RandomStream draw(20261202);
    for (const char* protocol : {"teleportation:active=8",
                                 "ddp",
                                 "ddp:via=tree",
                                 "noloco",
                                 "moshpit",
                                 "relaysgd",
                                 "shatter:virtual=3,degree=2",
                                 "beer:alpha=0.3"}) {
        for (int time = 0; time < 8; ++time) {
            ExperimentOptions options = crowd(time % 2 == 0 ? "flow" : "ideal");
            options.nodes = 24;
            options.topology =
                std::string(protocol) == "relaysgd" ? "spanning-tree:regular:4" : "regular:4";
            options.protocol = protocol;
            options.crash = fmt::format("0.5@uniform:1ms:{}ms", 200 + draw.below(2000));
            options.seed = draw();
            CAPTURE(options.protocol);
            CAPTURE(options.crash);
            CAPTURE(options.seed);
            const Summary summary = Experiment(options).run().summary;
            CHECK_MESSAGE(summary.status == "complete", summary.error);
        }
    }
}

TEST_CASE("who waits for nodes to return goes on with another model") {
    RandomStream draw(20261203);
    for (const char* protocol : {"gt:on-missing=wait",
                                 "d2:mixing=half,on-missing=wait",
                                 "extra:on-missing=wait",
                                 "qg-dsgdm:on-missing=wait",
                                 "d2:form=qg,mixing=half,on-missing=wait"}) {
        for (const char* back : {"start", "neighbor"}) {
            ExperimentOptions options = crowd("flow");
            options.nodes = 16;
            options.protocol = protocol;
            options.on_return = back;
            options.availability = "poisson:on=300ms,off=100ms";
            options.seed = draw();
            check_ends_the_same(options);
        }
    }
}

TEST_CASE("members of a collective that lose one of them agree to the bit all the same") {
    RandomStream draw(20261130);
    std::uint64_t restarted = 0;
    std::uint64_t handed_on = 0;
    for (const std::string protocol : {"ddp",
                                       "ddp:via=tree",
                                       "ddp:via=direct",
                                       "diloco:codec=uniform",
                                       "demo:top-k=2",
                                       "sparseloco:top-k=2,via=direct",
                                       "streaming-diloco:fragments=2,delay=1"}) {
        for (int time = 0; time < 4; ++time) {
            CAPTURE(protocol);
            ExperimentOptions options = crowd("flow");
            options.nodes = 12;
            options.topology = "ring";
            options.protocol = protocol;
            options.crash = fmt::format("0.5@uniform:1ms:{}ms", 100 + draw.below(2000));
            options.seed = draw();
            CAPTURE(options.crash);
            CAPTURE(options.seed);
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

/// Protocols whose nodes all have the same model when a round has ended.
const std::vector<std::string> kAgreeing{"ddp",
                                         "ddp:via=tree",
                                         "ddp:via=direct",
                                         "diloco",
                                         "diloco:via=tree,outer=plain",
                                         "diloco:overlap=delayed",
                                         "demo:top-k=2",
                                         "sparseloco:top-k=2,via=direct",
                                         "streaming-diloco:fragments=2,delay=1",
                                         "streaming-diloco:fragments=3,delay=0"};

std::uint64_t count_of(const RunResult& result, const std::string& what) {
    const auto found = result.summary.protocol_counts.find(what);
    return found == result.summary.protocol_counts.end() ? 0 : found->second;
}

// Expectation: who is back when the last round ends has the model of all, to the bit, whatever it
// had before.
TEST_CASE("a node that is back has what the others have") {
    RandomStream draw(20261204);
    for (const std::string& protocol : kAgreeing) {
        std::uint64_t given = 0;
        for (int time = 0; time < 6; ++time) {
            ExperimentOptions options = crowd(time % 2 == 0 ? "flow" : "packet");
            options.nodes = 12;
            options.topology = "ring";
            options.protocol = protocol;
            options.availability = fmt::format(
                "poisson:on={}ms,off={}ms", 300 + draw.below(1200), 30 + draw.below(300));
            options.on_return = time % 3 == 0 ? "start" : "old";
            options.on_leave = time % 4 < 2 ? "lose" : "finish";
            options.seed = draw();
            CAPTURE(protocol);
            CAPTURE(options.availability);
            CAPTURE(options.on_return);
            CAPTURE(options.on_leave);
            CAPTURE(options.seed);
            const RunResult result = Experiment(options).run();
            REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
            CHECK(result.rounds.back().consensus_distance == 0);
            given += count_of(result, "states_given");
        }
        CHECK_MESSAGE(given > 0, protocol);
    }
}

// Expectation: what only makes notes longer changes no model.
TEST_CASE("lives that nobody leaves change no model of a group") {
    for (const char* protocol : {"ddp",
                                 "diloco:overlap=eager",
                                 "streaming-diloco:fragments=2,delay=1",
                                 "demo:top-k=2",
                                 "sparseloco:top-k=2",
                                 "sparta:share=0.3",
                                 "noloco",
                                 "moshpit"}) {
        ExperimentOptions options = crowd("flow");
        options.nodes = 16;
        options.protocol = protocol;
        const Summary there = Experiment(options).run().summary;
        REQUIRE(there.status == "complete");
        options.availability = "poisson:on=1000h,off=1s";
        const Summary lives = Experiment(options).run().summary;
        CHECK_MESSAGE(lives.parameter_hash == there.parameter_hash, protocol);
        CHECK(lives.bytes_sent > there.bytes_sent);
    }
}

// Expectation: one node of three is away for 200 ms in the middle of a round, once, and is sent theta
// and velocity, n values of 4 bytes each; without momentum theta alone.
TEST_CASE("the state of a group is a message of its size") {
    const test::TemporaryFolder folder;
    ExperimentOptions options = crowd("ideal");
    options.nodes = 3;
    options.topology = "full";
    options.training.local_steps = 50;
    options.availability = folder.write("lives.csv", "node,on_s,off_s\n2,0,0.12\n2,0.32,\n");
    std::uint64_t bytes[2]{};
    for (const int has_momentum : {0, 1}) {
        options.protocol = has_momentum != 0 ? "diloco:momentum=0.5" : "diloco:momentum=0";
        const RunResult result = Experiment(options).run();
        REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
        CHECK(count_of(result, "states_given") == 1);
        CHECK(result.rounds.back().consensus_distance == 0);
        bytes[has_momentum] = result.summary.bytes_content;
    }
    constexpr std::uint64_t kParameters = 9;  // 8 weights and a bias
    CHECK(bytes[1] - bytes[0] == sizeof(float) * kParameters);
}

TEST_CASE("what nodes with a state in common cannot be back with is refused") {
    ExperimentOptions options = crowd("flow");
    options.protocol = "diloco";
    options.availability = "poisson:on=1s,off=1s";
    options.on_return = "neighbor";
    CHECK_THROWS_WITH_AS(
        (void)Experiment(options).run(),
        "--on-return: got neighbor with --protocol=diloco, where a node that is back gets what all "
        "have in common from another one in any case, allowed old, start",
        std::invalid_argument);
}

// Expectation: at the end no message of a node that is gone is under way; runs in which one were
// fail (`Churn`).  Where every message is waited for, there is none at all.
TEST_CASE("half of 64 nodes leave for good: no message of theirs is left, on any network") {
    RandomStream draw(20261205);
    for (const char* network : {"flow", "packet", "ideal", "tcp"}) {
        for (const Case& one : kCases) {
            ExperimentOptions options = one.options(network);
            if (std::string(network) == "tcp") {
                options.nodes = 16;
                options.rounds = 2;
            }
            options.crash = fmt::format("0.5@{}ms", 1 + draw.below(300));
            options.seed = draw();
            CAPTURE(options.protocol);
            CAPTURE(options.network);
            CAPTURE(options.crash);
            CAPTURE(options.seed);
            const Summary summary = Experiment(options).run().summary;
            CHECK_MESSAGE(summary.status == "complete", summary.error);
        }
    }
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
    CHECK(
        summary.error.starts_with("nothing left to happen, but 32 of 64 nodes have not finished"));
    CHECK(summary.error.ends_with("32 nodes have left for good, 0 are away"));
}

}  // namespace
}  // namespace murmur
