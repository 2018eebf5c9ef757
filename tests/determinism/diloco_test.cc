// The DiLoCo family gives the same bytes with any number of workers, and the same models over any
// network where nothing depends on time.

#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"

#include <string>

namespace {

using murmur::ExperimentOptions;
using murmur::test::check_same_for_any_workers;
using murmur::test::small_options;

constexpr const char* kFamily[] = {"ddp:via=tree",
                                   "diloco",
                                   "diloco:via=server",
                                   "diloco:via=gossip",
                                   "diloco:overlap=eager",
                                   "streaming-diloco:fragments=2,delay=1,codec=qsgd,via=direct",
                                   "async-diloco:grace=20ms",
                                   "noloco",
                                   "demo:lr=0.01",
                                   "sparseloco",
                                   "sparta:share=0.1",
                                   "moshpit:timeout=300ms"};

ExperimentOptions options_of(const std::string& protocol, const std::string& network) {
    ExperimentOptions options = small_options(network);
    options.nodes = 5;
    options.topology = "ring";
    options.rounds = 2;
    options.eval_every = 2;
    options.protocol = protocol;
    return options;
}

murmur::Summary run(const ExperimentOptions& options, murmur::ExperimentInputs inputs = {}) {
    murmur::Summary summary = murmur::Experiment(options, std::move(inputs)).run().summary;
    REQUIRE_MESSAGE(summary.status == "complete", summary.error);
    return summary;
}

}  // namespace

TEST_CASE("determinism: the DiLoCo family over flow and tcp, for any number of workers") {
    for (const char* protocol : kFamily) {
        for (const char* network : {"flow", "tcp"}) {
            CAPTURE(protocol);
            CAPTURE(network);
            check_same_for_any_workers(options_of(protocol, network));
        }
    }
}

TEST_CASE("determinism: collectives give the same models over ideal, flow, packet and tcp") {
    for (const char* protocol : kFamily) {
        const std::string name = protocol;
        // Who has come in time is another matter over another network.
        if (name.starts_with("async") || name.starts_with("moshpit:timeout")) {
            continue;
        }
        CAPTURE(protocol);
        const std::string hash = run(options_of(protocol, "ideal")).parameter_hash;
        for (const char* network : {"flow", "packet", "tcp"}) {
            CAPTURE(network);
            CHECK(run(options_of(protocol, network)).parameter_hash == hash);
        }
    }
}

TEST_CASE("determinism: what the DiLoCo family passes on can be written and read") {
    for (const char* protocol : kFamily) {
        CAPTURE(protocol);
        const ExperimentOptions options = options_of(protocol, "flow");
        murmur::ExperimentInputs inputs;
        inputs.round_trip_values = true;
        CHECK(run(options).parameter_hash == run(options, inputs).parameter_hash);
    }
}
