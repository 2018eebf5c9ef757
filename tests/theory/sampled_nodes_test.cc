// Expectation: protocols that rest or sample nodes are D-PSGD where nobody rests and all are drawn,
// bit for bit.

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/theory/least_squares.h"

#include <string>

namespace {

murmur::Summary run(murmur::ExperimentOptions options, const std::string& protocol) {
    options.protocol = protocol;
    murmur::Summary summary = murmur::Experiment(options).run().summary;
    REQUIRE_MESSAGE(summary.status == "complete", summary.error);
    return summary;
}

}  // namespace

TEST_CASE("theory: skiptrain that trains in every round is dpsgd") {
    for (const char* network : {"flow", "packet"}) {
        murmur::ExperimentOptions options = murmur::test::least_squares_options();
        options.network = network;
        const murmur::Summary known = run(options, "dpsgd");
        for (const char* protocol : {"skiptrain:train=3,sync=0",
                                     "skiptrain:train=20,sync=5",
                                     "skiptrain:train=1,sync=0,budget=20"}) {
            const murmur::Summary summary = run(options, protocol);
            CHECK(summary.parameter_hash == known.parameter_hash);
            CHECK(summary.simulated_s == known.simulated_s);
            CHECK(summary.bytes_sent == known.bytes_sent);
        }
        CHECK(run(options, "skiptrain:train=1,sync=1").parameter_hash != known.parameter_hash);
    }
}

// Eight places for eight nodes, in order: node i is always at place i, and nothing is handed over.
TEST_CASE("theory: teleportation with all nodes active is dpsgd with plain means") {
    for (const char* network : {"flow", "packet"}) {
        murmur::ExperimentOptions options = murmur::test::least_squares_options();
        options.network = network;
        options.topology = "ring";
        options.weights = "uniform";
        const murmur::Summary known = run(options, "dpsgd");
        const murmur::Summary all = run(options, "teleportation:active=8,graph=ring,places=sorted");
        CHECK(all.parameter_hash == known.parameter_hash);
        CHECK(all.messages == known.messages);
        CHECK(all.bytes_content == known.bytes_content + 8 * known.messages);
        options.sharing = "top-k:alpha=0.5";
        CHECK(run(options, "teleportation:active=8,graph=ring,places=sorted").parameter_hash ==
              run(options, "dpsgd").parameter_hash);
    }
}
