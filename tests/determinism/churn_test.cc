// Nodes that come and go: no protocol hangs, and a run is the same for any number of workers. Every
// protocol in every way and on every network: churn_matrix_test.cc.
#include "emulator/protocols/plans.h"
#include "emulator/run/experiment.h"
#include "learning/random_stream.h"
#include "tests/determinism/churn_cases.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tools/text/spec.h"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace murmur::test {
namespace {

/// Has tests of its own below.
const std::vector<std::string> kNotDrawn{"knn"};

TEST_CASE("each protocol is drawn below") {
    std::set<std::string> drawn(kNotDrawn.begin(), kNotDrawn.end());
    for (const ChurnCase& one : churn_cases()) {
        drawn.insert(parse_spec(one.protocol).name);
    }
    for (const std::string& protocol : protocols().names()) {
        CHECK_MESSAGE(drawn.contains(protocol), protocol);
    }
}

std::uint64_t count_of(const RunResult& result, const std::string& what) {
    const auto found = result.summary.protocol_counts.find(what);
    return found == result.summary.protocol_counts.end() ? 0 : found->second;
}

/// Of the networks that are cheap.
const std::vector<std::string> kNetworks{"packet", "flow", "ideal"};
const std::vector<std::string> kReturns{"old", "start", "neighbor"};

// Expectation, here and below: at the end no message of a node that is away is under way, too; a
// run in which one were fails (`Churn`).
TEST_CASE("half of 64 nodes leave for good at a drawn instant: every protocol ends, the same") {
    RandomStream draw(20261128);
    std::size_t turn = 0;
    for (const ChurnCase& one : churn_cases()) {
        const ExperimentOptions options =
            with_crash(one.options(kNetworks[turn++ % kNetworks.size()]), draw);
        INFO(description(options));
        check_same_for_workers(options, {4});
    }
}

TEST_CASE("nodes that leave and return by chance: every protocol ends, the same") {
    RandomStream draw(20261129);
    std::size_t turn = 0;
    for (const ChurnCase& one : churn_cases()) {
        if (!one.returns) {
            continue;
        }
        ExperimentOptions options =
            with_chance(one.options(kNetworks[draw.below(kNetworks.size())]), draw);
        options.on_return = one.on_return(kReturns[turn++ % kReturns.size()]);
        INFO(description(options));
        check_same_for_workers(options, {4});
    }
}

// Where lives end, nobody who leaves later frees one that waits for ever.
TEST_CASE("nodes that leave and return as a file says, and then stay: every protocol ends") {
    RandomStream draw(20261201);
    const TemporaryFolder folder;
    std::size_t turn = 0;
    for (const ChurnCase& one : churn_cases()) {
        if (!one.returns) {
            continue;
        }
        ExperimentOptions options =
            with_file(one.options(kNetworks[draw.below(kNetworks.size())]), folder, draw);
        options.on_return = one.on_return(kReturns[turn++ % kReturns.size()]);
        INFO(description(options));
        const Summary summary = Experiment(options).run().summary;
        CHECK_MESSAGE(summary.status == "complete", summary.error);
        // Nobody goes astray: they start at 0, and learn the same task.
        CHECK(summary.consensus_distance < 10);
    }
}

// Expectation: on the path 1 - 0 - 2 node 1 is done after 8 ms, without node 0, which has left.
// Node 0 comes back while node 1 is away, and begins round 0, of which none that is there has sent
// anything; node 1 comes back, and has nothing left to send.  Node 2 takes 80 ms.
TEST_CASE("a node that is done and back is waited for by nobody") {
    const TemporaryFolder folder;
    ExperimentOptions options = crowd("ideal");
    options.nodes = 3;
    options.topology = "spanning-tree:ring";
    options.rounds = 1;
    options.clock = "modelled:1ms";
    options.speed = "1";
    options.speed_trace = folder.write("speeds.csv", "time_s,node,speed\n0,2,0.1\n");
    options.latency = "1ms";
    options.rate = "1Gbps";
    options.availability =
        folder.write("lives.csv", "node,on_s,off_s\n0,0,0.001\n0,0.03,\n1,0,0.02\n1,0.032,\n");
    for (const char* protocol : {"dpsgd", "gt", "sgp", "relaysgd"}) {
        CAPTURE(protocol);
        options.protocol = protocol;
        const Summary summary = Experiment(options).run().summary;
        CHECK_MESSAGE(summary.status == "complete", summary.error);
        CHECK(summary.rounds_missed == 0);
    }
}

// Who is back may find that its neighbors are done, or have gone on without having sent anything
// while nobody was there to hear it.
TEST_CASE("nodes that leave and return, again and again: nobody waits for ever") {
    RandomStream draw(20261210);
    const TemporaryFolder folder;
    for (const ChurnCase& one : {ChurnCase{"relaysgd", "full", true, "spanning-tree:regular:4"},
                                 ChurnCase{"relaysgd:normalization=counts", "full", true, "star"},
                                 ChurnCase{"dpsgd"},
                                 ChurnCase{"d2:mixing=half"},
                                 ChurnCase{"sgp"},
                                 ChurnCase{"muffliato:sigma=0.01,mixings=3"},
                                 ChurnCase{"shatter:virtual=3,degree=2"}}) {
        for (int time = 0; time < 8; ++time) {
            ExperimentOptions options =
                with_file(one.options(time % 2 == 0 ? "ideal" : "flow"), folder, draw);
            options.on_return = kReturns[draw.below(kReturns.size())];
            INFO(description(options));
            const Summary summary = Experiment(options).run().summary;
            CHECK_MESSAGE(summary.status == "complete", summary.error);
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
    for (const char* protocol : {"el-oracle:degree=4,on-missing=wait",
                                 "dpsgd-sampler:on-missing=wait",
                                 "skiptrain:train=2,sync=1,on-missing=wait",
                                 "gt:on-missing=wait",
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
            INFO(description(options));
            check_same_for_workers(options, {4});
            const RunResult result = Experiment(options).run();
            CHECK(result.summary.departures > 0);
            CHECK(count_of(result, "missing_models") == 0);
            CHECK(count_of(result, "lost_models") == 0);
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
            restarted += count_of(result, "collectives_restarted");
            handed_on += count_of(result, "results_handed_on");
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

// Expectation: one node of three is away for 200 ms in the middle of a round, once, and is sent
// theta and velocity, n values of 4 bytes each; without momentum theta alone.
TEST_CASE("the state of a group is a message of its size") {
    const TemporaryFolder folder;
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

TEST_CASE("D-PSGD that waits for nodes to return ends the same, on every network") {
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        ExperimentOptions options = crowd(network);
        options.nodes = 16;
        options.rounds = 4;
        options.protocol = "dpsgd:on-missing=wait";
        options.availability = "poisson:on=400ms,off=100ms";
        INFO(description(options));
        check_same_for_workers(options, {4});
    }
}

TEST_CASE("knn finds peers among nodes that leave, and learns on without them") {
    for (const char* missing : {"skip", "timeout:150ms", "wait"}) {
        for (const bool returns : {false, true}) {
            if (!returns && std::string(missing) == "wait") {
                continue;  // for ever
            }
            ExperimentOptions options = crowd("flow");
            options.dataset = "synthetic:train=256,test=20";
            options.partition = "shards:2";
            options.model = "mlp:4";
            options.protocol = fmt::format("knn:k=3,hops=2,on-missing={}", missing);
            options.crash = returns ? "" : "0.5@uniform:1ms:300ms";
            options.availability = returns ? "poisson:on=150ms,off=80ms" : "always";
            INFO(description(options));
            check_same_for_workers(options, {4});
        }
    }
}

/// Rows of devices for `--devices`, with what they take in energy.
constexpr const char* kDevices =
    "device,ms_per_sample,down_bps,up_bps,idle_w,compute_w,up_j_per_byte,down_j_per_byte\n"
    "phone,12.5,2e7,5e6,0.5,3,2e-7,1e-7\n"
    "laptop,3,1e8,5e7,5,20,1e-7,1e-7\n";

// Expectation: slower devices, and slower hours of all of them, make the run longer.
TEST_CASE("devices, speeds that change and joules are the same for any workers, as lives go") {
    const TemporaryFolder folder;
    ExperimentOptions options = crowd("flow");
    options.nodes = 16;
    const auto time_of = [](const ExperimentOptions& of) {
        return Experiment(of).run().summary.simulated_s;
    };
    const double alike = time_of(options);
    options.devices = folder.write("devices.csv", kDevices);
    const double drawn = time_of(options);
    CHECK(drawn > 1.5 * alike);
    options.speed_trace =
        folder.write("speeds.csv", "time_s,node,speed\n0.05,,0.25\n0.2,3,2\n0.4,,1.25\n");
    CHECK(time_of(options) > 1.05 * drawn);
    for (const char* energy : {"devices", "idle=uniform:1W:3W,compute=5W,up=100nJ,down=50nJ"}) {
        options.energy = energy;
        for (const char* availability : {"always", "poisson:on=300ms,off=100ms"}) {
            options.availability = availability;
            INFO(description(options));
            CAPTURE(energy);
            check_same_for_workers(options, {4});
            CHECK(Experiment(options).run().summary.joules > 0);
        }
    }
}

TEST_CASE("days of many zones, and lives from a file, are the same for any workers") {
    const TemporaryFolder folder;
    RandomStream draw(20261208);
    std::size_t turn = 0;
    for (const ChurnCase& one : {ChurnCase{"dpsgd"},
                                 ChurnCase{"gt:on-missing=timeout:200ms"},
                                 ChurnCase{"el-local:window=100ms"},
                                 ChurnCase{"ad-psgd"},
                                 ChurnCase{"diloco"}}) {
        ExperimentOptions options =
            with_file(one.options(kNetworks[turn++ % kNetworks.size()]), folder, draw);
        INFO(description(options));
        check_same_for_workers(options, {4});
        CHECK(Experiment(options).run().summary.departures > 0);
        options.availability = "diurnal:day=500ms,on=350ms,spread=30ms,zones=6";
        check_same_for_workers(options, {4});
        CHECK(Experiment(options).run().summary.departures > 0);
    }
}

/// A protocol, and what it counts where nodes come and go.
struct Counted {
    ChurnCase one;
    std::vector<const char*> counters;
    bool leaves_for_good = false;  ///< half of the nodes, one after the other; else all come and go
};

// Expectation: each of these happens in some of 24 drawn runs, and in none without churn.
TEST_CASE("what is lost or made good where nodes come and go is counted") {
    const std::vector<Counted> all{
        {{"dpsgd"}, {"missing_models", "lost_models"}},
        {{"dpsgd", "choco:alpha=0.3"}, {"lost_updates", "missing_models", "lost_models"}},
        {{"d2:mixing=half"}, {"missing_models", "lost_models"}},
        {{"el-local:window=100ms"}, {"lost_models"}},
        {{"gossip:period=80ms"}, {"lost_models"}},
        {{"ad-psgd"}, {"averagings_lost", "half_averagings"}},
        {{"fedavg:clients=0.3"}, {"lost_models"}},
        {{"stc", "stc:alpha=0.3"}, {"lost_models"}},
        {{"muffliato:sigma=0.01,mixings=3"}, {"missing_models", "lost_models"}},
        {{"zip-dl:sigma=0.01,mixings=2"}, {"missing_models", "lost_models"}},
        {{"sgp"}, {"pushes_returned"}},
        {{"osgp:staleness=2"}, {"pushes_returned"}},
        {{"beer:alpha=0.3", "full", false}, {"missing_models"}, true},
        {{"powergossip", "full", false}, {"missing_models"}, true},
        {{"divshare:fragments=4,receivers=3"}, {"lost_fragments", "lost_receipts"}},
        {{"shatter:virtual=3,degree=2"}, {"missing_fragments", "lost_fragments"}},
        {{"teleportation:active=8"}, {"places_begun_anew"}},
        {{"fedbuff:buffer=5,concurrency=12"}, {"lost_models", "lost_changes"}},
        {{"scaffold:clients=0.3"}, {"lost_models", "lost_changes"}},
        {{"async-diloco:grace=20ms"}, {"lost_models", "lost_drifts"}},
        {{"secure-dpsgd:timeout=1s", "full", false}, {"sums_recovered", "sums_discarded"}, true},
        {{"ddp"}, {"collectives_restarted", "results_handed_on", "late_chunks", "states_given"}},
        {{"diloco:via=direct"}, {"collectives_restarted", "states_given"}},
        {{"streaming-diloco:fragments=2,delay=1"}, {"collectives_restarted", "states_given"}},
        {{"demo:top-k=2"}, {"collectives_restarted", "states_given"}},
        {{"sparseloco:top-k=2,via=direct"}, {"collectives_restarted", "states_given"}},
        {{"sparta:share=0.3"}, {"collectives_restarted"}},
        {{"moshpit"}, {"collectives_restarted"}},
    };
    RandomStream draw(20261209);
    std::size_t turn = 0;
    for (const Counted& counted : all) {
        ExperimentOptions there = counted.one.options("flow");
        there.nodes = 32;
        CAPTURE(counted.one.protocol);
        CAPTURE(counted.one.sharing);
        const RunResult undisturbed = Experiment(there).run();
        REQUIRE_MESSAGE(undisturbed.summary.status == "complete", undisturbed.summary.error);
        std::set<std::string> unseen(counted.counters.begin(), counted.counters.end());
        for (const std::string& what : unseen) {
            CHECK_MESSAGE(count_of(undisturbed, what) == 0, what);
        }
        for (int time = 0; time < 24 && !unseen.empty(); ++time) {
            ExperimentOptions options = counted.one.options(kNetworks[turn++ % kNetworks.size()]);
            options.nodes = there.nodes;
            if (counted.leaves_for_good) {
                options.crash = fmt::format("0.5@uniform:1ms:{}ms", 200 + draw.below(1000));
                options.seed = draw();
            } else {
                options = with_chance(options, draw);
            }
            const RunResult result = Experiment(options).run();
            REQUIRE_MESSAGE(result.summary.status == "complete", result.summary.error);
            std::erase_if(unseen,
                          [&](const std::string& what) { return count_of(result, what) > 0; });
        }
        for (const std::string& what : unseen) {
            CHECK_MESSAGE(false, what);
        }
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
}  // namespace murmur::test
