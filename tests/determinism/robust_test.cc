// Runs with attackers and robust rules: the same for any number of workers.
#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <vector>

namespace murmur::test {
namespace {

struct Defence {
    const char* network;
    const char* protocol;
    const char* attack;
    const char* aggregation;
    const char* sharing = "full";
};

TEST_CASE("determinism: attacks and robust rules give the same for any workers") {
    const std::vector<Defence> defences{
        {"flow", "dpsgd", "0.3:alie", "cs-plus:b=1/4"},
        {"packet", "dpsgd", "nodes=1,4:dissensus", "nnm:f=1,then=krum:f=1+score=nf1"},
        {"flow", "dpsgd", "0.2:nan", "ubar"},
        {"flow", "el-local:window=200ms,receivers=3", "0.2:gaussian", "geometric-median", "top-k"},
        {"packet", "gossip:period=100ms", "0.2:sign-flip", "clipped-gossip:tau=second-largest"},
        {"flow", "ad-psgd", "0.2:ipm:eps=2", "gts:b=1/4"},
        {"flow", "fedavg", "0.2:mimic", "clipped-gossip:tau=1"},
        {"packet", "dpsgd", "0.2:label-flip", "centered-clipping:tau=10", "jwins"}};
    for (const Defence& defence : defences) {
        CAPTURE(std::string(defence.attack));
        ExperimentOptions options = small_options(defence.network);
        options.protocol = defence.protocol;
        options.attack = defence.attack;
        options.aggregation = defence.aggregation;
        options.sharing = defence.sharing;
        check_same_for_any_workers(options);
    }
}

// Rules get fewer vectors than they are to bear liars among, and other ones in each round.
TEST_CASE("determinism: attackers, robust rules and nodes that leave or come and go together") {
    struct Life {
        Defence defence;
        const char* crash = "";
        const char* availability = "always";
        const char* optimizer = "sgd";
    };
    const std::vector<Life> lives{
        {{"flow", "dpsgd", "0.2:infinity", "ios:f=1"}, "0.5@80ms"},
        {{"packet", "dpsgd", "0.2:sign-flip", "trimmed-mean:f=1"}, "0.3@uniform:1ms:200ms"},
        {{"flow", "dpsgd", "0.2:alie", "median"}, "", "poisson:on=150ms,off=60ms"},
        {{"flow", "el-oracle:degree=3", "0.2:infinity", "multi-krum:f=1"}, "", "poisson:on=150ms,off=60ms"},
        {{"packet", "dpsgd", "0.2:gaussian", "monna:f=1,keep=n-2f"}, "", "poisson:on=200ms,off=50ms"},
        {{"flow", "dpsgd", "nodes=2,7:dissensus", "krum:f=1,score=epfml"}, "0.4@60ms"},
        {{"flow", "dpsgd", "0.2:mimic", "clipped-gossip:tau=he,b=1/4"}, "0.4@90ms"},
        {{"flow", "dpsgd", "0.2:infinity", "mean"}, "0.2@60ms", "always", "fedprox:mu=0.1"},
        {{"flow", "fedavg", "0.2:infinity", "clipped-gossip:tau=1"}, "", "poisson:on=200ms,off=50ms", "fedprox"},
        {{"ideal", "gossip:period=80ms", "0.2:nan", "ios:f=1"}, "", "poisson:on=150ms,off=50ms"}};
    for (const Life& life : lives) {
        CAPTURE(std::string(life.defence.attack));
        CAPTURE(std::string(life.defence.aggregation));
        ExperimentOptions options = small_options(life.defence.network);
        options.rounds = 3;
        options.protocol = life.defence.protocol;
        options.attack = life.defence.attack;
        options.aggregation = life.defence.aggregation;
        options.crash = life.crash;
        options.availability = life.availability;
        options.training.optimizer = life.optimizer;
        check_same_for_any_workers(options);
    }
}

// Expectation: values that are written and read again change nothing.
TEST_CASE("determinism: a run with attackers does not show where its values have been") {
    ExperimentOptions options = small_options("flow");
    options.attack = "0.2:dissensus";
    options.aggregation = "centered-clipping";
    const TemporaryFolder folder;
    const std::string hash = run_to_end(options, folder.path() / "plain").hash;
    const RunResult again = Experiment(options, {.round_trip_values = true}).run();
    CHECK(again.summary.parameter_hash == hash);
}

}  // namespace
}  // namespace murmur::test
