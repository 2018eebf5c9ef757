// The same experiment gives the same bytes: from run to run, with any number of workers, and when
// a measured run is replayed.

#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/run_files.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <utility>

namespace {

using murmur::ExperimentOptions;
using murmur::test::check_same_for_any_workers;
using murmur::test::Outcome;
using murmur::test::run_to_end;
using murmur::test::small_options;

void check_replay(const std::string& network, const std::string& protocol = "dpsgd") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options(network);
    options.protocol = protocol;
    options.clock = "measured";
    options.workers = 2;
    const Outcome measured = run_to_end(options, folder.path() / "measured");
    options.clock = "recorded:" + (folder.path() / "measured" / "compute-trace.csv").string();
    const Outcome replayed = run_to_end(options, folder.path() / "replayed");
    CHECK(measured.simulated_s == replayed.simulated_s);
    CHECK(measured.metrics == replayed.metrics);
    CHECK(measured.hash == replayed.hash);
    check_same_for_any_workers(options);
}

}  // namespace

TEST_CASE("determinism: ideal with the modelled clock") {
    check_same_for_any_workers(small_options("ideal"));
}

TEST_CASE("determinism: tcp with the modelled clock") {
    check_same_for_any_workers(small_options("tcp"));
}

TEST_CASE("determinism: p2p links with the modelled clock") {
    ExperimentOptions options = small_options("tcp");
    options.underlay = "p2p";
    check_same_for_any_workers(options);
}

/// Rates that repeat and never end, an outage, jitter, and loss where there is any.
ExperimentOptions changing_links(const std::string& network, const std::filesystem::path& folder) {
    murmur::test::write_text(folder / "cellular", "3\n40\n41\n42\n150\n350\n351\n352\n400\n");
    murmur::test::write_text(folder / "outage",
                             "time,rate,latency,link\n0.1s,down,,node 2\n0.4s,5Mbps,9ms,node 2\n");
    ExperimentOptions options = small_options(network);
    options.downlink_trace = "mahimahi:" + (folder / "cellular").string() + ",bin=20ms";
    options.link_trace = (folder / "outage").string();
    options.jitter = "uniform:0ms:8ms";
    options.loss = network == "ideal" ? "0" : "0.002";
    return options;
}

TEST_CASE("determinism: links that change, over ideal, flow, packet and tcp") {
    const murmur::test::TemporaryFolder folder;
    for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
        CAPTURE(network);
        check_same_for_any_workers(changing_links(network, folder.path()));
    }
}

TEST_CASE("determinism: every protocol, over ideal, flow, packet and tcp") {
    for (const char* protocol : {"dpsgd-sampler",
                                 "secure-dpsgd",
                                 "el-oracle:degree=3",
                                 "el-local:window=80ms,receivers=2",
                                 "fedavg:clients=0.4",
                                 "stc",
                                 "knn:k=2",
                                 "ad-psgd",
                                 "gossip:period=70ms"}) {
        for (const char* network : {"ideal", "flow", "packet", "tcp"}) {
            CAPTURE(protocol);
            CAPTURE(network);
            ExperimentOptions options = small_options(network);
            options.nodes = 6;
            options.rounds = 3;
            options.protocol = protocol;
            check_same_for_any_workers(options);
        }
    }
}

// Half of the nodes are slower than others wait: sums are recovered and discarded.
TEST_CASE("determinism: secure aggregation with senders that come too late") {
    for (const char* topology : {"regular:3", "dynamic:regular:3"}) {
        CAPTURE(topology);
        ExperimentOptions options = small_options("flow");
        options.topology = topology;
        options.speed = "choice:1:0.05";
        options.sharing = "secure:timeout=150ms";
        check_same_for_any_workers(options);
        const auto counts = murmur::Experiment(options).run().summary.protocol_counts;
        CHECK(counts.contains("sums_recovered"));
        CHECK(counts.contains("sums_discarded"));
        CHECK(counts.contains("late_models"));
    }
}

// As if each value and state had been on another machine, or in a file, before it was used.
TEST_CASE("determinism: values that are written and read on their way leave no trace") {
    for (const auto& [protocol, sharing] : {std::pair{"dpsgd", "full"},
                                            {"dpsgd", "top-k:alpha=0.2,accumulation=averaging"},
                                            {"dpsgd", "choco"},
                                            {"dpsgd", "jwins"},
                                            {"secure-dpsgd", "full"},
                                            {"stc", "stc:alpha=0.1"},
                                            {"fedavg:clients=0.5", "full"},
                                            {"ad-psgd", "full"},
                                            {"gossip:period=70ms", "random"},
                                            {"el-local:window=80ms,receivers=2", "qsgd"}}) {
        CAPTURE(protocol);
        CAPTURE(sharing);
        ExperimentOptions options = small_options("flow");
        options.rounds = 3;
        options.protocol = protocol;
        options.sharing = sharing;
        options.workers = 2;
        const murmur::Summary here = murmur::Experiment(options).run().summary;
        murmur::ExperimentInputs inputs;
        inputs.round_trip_values = true;
        const murmur::Summary apart = murmur::Experiment(options, inputs).run().summary;
        REQUIRE_MESSAGE(apart.status == "complete", apart.error);
        CHECK(here.parameter_hash == apart.parameter_hash);
        CHECK(here.simulated_s == apart.simulated_s);
        CHECK(here.mean_test_loss == apart.mean_test_loss);
        CHECK(here.bytes_sent == apart.bytes_sent);
    }
}

TEST_CASE("determinism: an optimizer with a state, and draws of a model") {
    ExperimentOptions options = small_options("ideal");
    options.training = {.local_steps = 3, .optimizer = "adam", .lr = 0.005};
    options.model = "mlp:8,dropout=0.3";
    check_same_for_any_workers(options);
    murmur::ExperimentInputs inputs;
    inputs.round_trip_values = true;
    const murmur::Summary here = murmur::Experiment(options).run().summary;
    const murmur::Summary apart = murmur::Experiment(options, inputs).run().summary;
    REQUIRE_MESSAGE(apart.status == "complete", apart.error);
    CHECK(here.parameter_hash == apart.parameter_hash);
}

TEST_CASE("determinism: a measured run of an asynchronous protocol, replayed") {
    check_replay("ideal", "ad-psgd");
}

// Tasks are under way when the run ends, nodes have none: the trace still serves.
TEST_CASE("determinism: measured runs of gossip and of a server, replayed") {
    for (const char* protocol :
         {"gossip:period=20ms", "fedavg:clients=0.2", "el-local:window=5ms"}) {
        CAPTURE(protocol);
        check_replay("flow", protocol);
    }
}

TEST_CASE("determinism: a measured run over ideal, replayed") {
    check_replay("ideal");
}

TEST_CASE("determinism: a measured run over tcp, replayed") {
    check_replay("tcp");
}

TEST_CASE("determinism: another seed is another run") {
    const murmur::test::TemporaryFolder folder;
    ExperimentOptions options = small_options("ideal");
    const Outcome first = run_to_end(options, folder.path() / "1");
    options.seed = 2;
    CHECK(first.hash != run_to_end(options, folder.path() / "2").hash);
}
