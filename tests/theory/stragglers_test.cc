// Claim: when one node in ten is five times slower, AD-PSGD reaches a given loss in less simulated
// time than D-PSGD, which waits for the slowest neighbor in every round.

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/time_to_loss.h"

#include <string>

TEST_CASE("theory: with stragglers ad-psgd is sooner than dpsgd") {
    const murmur::test::TemporaryFolder folder;
    murmur::test::write_text(folder.path() / "speeds", "1\n1\n1\n1\n1\n1\n1\n1\n1\n0.2\n");
    murmur::ExperimentOptions options;
    options.nodes = 20;
    options.topology = "regular:4";
    options.rounds = 200;
    options.dataset = "least-squares:features=8,samples=800,noise=0.1";
    options.model = "linear";
    options.training = {.batch_size = 8, .local_steps = 5, .lr = 0.005};
    options.network = "ideal";
    options.latency = "2ms";
    options.clock = "modelled:1ms,merge=0";
    options.speed = "file:" + (folder.path() / "speeds").string();
    options.eval_every = 1;
    options.quiet = true;
    double seconds[2];
    for (const bool is_asynchronous : {false, true}) {
        options.protocol = is_asynchronous ? "ad-psgd" : "dpsgd";
        options.out = (folder.path() / options.protocol).string();
        const murmur::Summary summary = murmur::Experiment(options).run().summary;
        REQUIRE_MESSAGE(summary.status == "complete", summary.error);
        const auto reached = murmur::test::seconds_to_loss(options.out, options.nodes, 0.1);
        REQUIRE(reached.has_value());
        seconds[is_asynchronous ? 1 : 0] = *reached;
    }
    CHECK(seconds[1] < 0.8 * seconds[0]);
}
