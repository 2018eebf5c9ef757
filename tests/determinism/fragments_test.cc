// Protocols of fragments and of sampled nodes, and servers with memory: the same bytes from run to
// run, with any number of workers, and where values are written and read on their way.

#include "emulator/run/experiment.h"
#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"

namespace murmur::test {
namespace {

constexpr const char* kProtocols[] = {"divshare:fragments=4,receivers=2",
                                      "divshare:fragments=3,receivers=3,in-flight=0,unsent=keep",
                                      "shatter:virtual=3,degree=2",
                                      "shatter:virtual=4,degree=3,hosts=owner,graph=static",
                                      "teleportation:active=4",
                                      "skiptrain:train=1,sync=1,budget=2",
                                      "fedbuff:buffer=2,concurrency=4",
                                      "scaffold:clients=0.4"};

ExperimentOptions options_of(const char* protocol, const char* network) {
    ExperimentOptions options = small_options(network);
    options.nodes = 8;
    options.rounds = 3;
    options.protocol = protocol;
    if (options.protocol.starts_with("scaffold")) {
        options.training.momentum = 0;  // it takes plain SGD alone
    }
    return options;
}

TEST_CASE("determinism: fragments, sampled nodes and servers, over flow and packet") {
    for (const char* protocol : kProtocols) {
        for (const char* network : {"flow", "packet"}) {
            CAPTURE(protocol);
            CAPTURE(network);
            check_same_for_any_workers(options_of(protocol, network));
        }
    }
}

TEST_CASE("determinism: fragments and changes that are written and read on their way") {
    for (const char* protocol : kProtocols) {
        CAPTURE(protocol);
        const ExperimentOptions options = options_of(protocol, "flow");
        const Summary here = Experiment(options).run().summary;
        ExperimentInputs inputs;
        inputs.round_trip_values = true;
        const Summary apart = Experiment(options, inputs).run().summary;
        REQUIRE_MESSAGE(apart.status == "complete", apart.error);
        CHECK(here.parameter_hash == apart.parameter_hash);
        CHECK(here.simulated_s == apart.simulated_s);
        CHECK(here.bytes_sent == apart.bytes_sent);
    }
}

}  // namespace
}  // namespace murmur::test
