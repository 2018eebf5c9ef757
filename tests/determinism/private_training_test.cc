// Optimizers, schedules and private training give the same bytes for any number of workers, and
// where their values and states are written and read on the way.

#include "emulator/run/experiment.h"
#include "learning/privacy/rdp_accountant.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"

#include <cmath>
#include <string>
#include <utility>

namespace {

using murmur::ExperimentOptions;
using murmur::test::check_same_for_any_workers;
using murmur::test::small_options;

ExperimentOptions few_nodes(const std::string& network) {
    ExperimentOptions options = small_options(network);
    options.nodes = 6;
    options.rounds = 3;
    return options;
}

void check_round_trip(ExperimentOptions options) {
    const std::string hash = murmur::Experiment(options).run().summary.parameter_hash;
    murmur::ExperimentInputs inputs;
    inputs.round_trip_values = true;
    CHECK(murmur::Experiment(options, std::move(inputs)).run().summary.parameter_hash == hash);
}

}  // namespace

TEST_CASE("determinism: rmsprop and lion, clipped and with schedules") {
    for (const char* network : {"flow", "packet"}) {
        ExperimentOptions options = few_nodes(network);
        options.training.momentum = 0;
        options.training.clip = 0.5;
        options.training.optimizer = "rmsprop:momentum=0.5,centered=true";
        options.training.lr = 0.001;
        options.training.schedule = "cosine:warmup=1";
        check_same_for_any_workers(options);
        check_round_trip(options);
        options.training.optimizer = "lion";
        options.training.schedule = "hyperbolic:period=4,unit=steps,warmup=2";
        check_same_for_any_workers(options);
        check_round_trip(options);
    }
}

TEST_CASE("determinism: dp-sgd, muffliato, zip-dl and noise before an encoder") {
    for (const char* network : {"flow", "packet"}) {
        for (const char* protocol :
             {"muffliato:sigma=0.01,mixings=2", "zip-dl:sigma=0.01,mixings=2"}) {
            CAPTURE(network);
            CAPTURE(protocol);
            ExperimentOptions options = few_nodes(network);
            options.protocol = protocol;
            check_same_for_any_workers(options);
            check_round_trip(options);
        }
        ExperimentOptions options = few_nodes(network);
        options.training.privacy = "dp-sgd:clip=1,noise=0.8";
        options.sharing = "noise:0.01:top-k:alpha=0.3,accumulation=changes";
        check_same_for_any_workers(options);
        check_round_trip(options);
    }
}

TEST_CASE("dp-sgd: the epsilon of a run is that of its nodes' steps") {
    ExperimentOptions options = few_nodes("ideal");
    CHECK(std::isnan(murmur::Experiment(options).run().summary.delta));
    options.partition = "iid";
    options.dataset = "synthetic:train=600,test=60";
    options.training.privacy = "dp-sgd:clip=1,noise=1.5,delta=1e-4";
    const murmur::Summary summary = murmur::Experiment(options).run().summary;
    // 100 samples a node in batches of 8, three rounds of three steps.
    const double expected = murmur::RdpCurve(0.08, 1.5).epsilon(9, 1e-4);
    CHECK(summary.max_epsilon == expected);
    CHECK(summary.mean_epsilon == doctest::Approx(expected).epsilon(1e-15));
    CHECK(summary.delta == 1e-4);
    CHECK(to_json(summary).find("\"max_epsilon\"") != std::string::npos);
}
