#include "tests/determinism/small_run.h"

#include "emulator/run/experiment.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <utility>

namespace murmur::test {

ExperimentOptions small_options(const std::string& network) {
    ExperimentOptions options;
    options.nodes = 10;
    options.topology = "regular:3";
    options.rounds = 4;
    options.dataset = "synthetic:train=400,test=60";
    options.partition = "dirichlet:0.5";
    options.model = "mlp:8";
    options.training = {.batch_size = 8, .local_steps = 3, .lr = 0.02, .momentum = 0.9};
    options.network = network;
    options.rate = "loguniform:5Mbps:100Mbps";
    options.latency = "uniform:1ms:60ms";
    options.clock = "modelled:1ms,jitter=0.2,merge=1ms";
    options.speed = "lognormal:1:0.5";
    options.eval_every = 1;
    options.workers = 1;
    options.quiet = true;
    return options;
}

Outcome run_to_end(ExperimentOptions options, const std::filesystem::path& folder) {
    options.out = folder.string();
    options.timeline = "true";
    options.messages = true;
    const Summary summary = Experiment(options).run().summary;
    REQUIRE_MESSAGE(summary.status == "complete", summary.error);
    return {read_text(folder / "metrics.csv"),
            read_text(folder / "rounds.csv"),
            read_text(folder / "compute-trace.csv"),
            summary.parameter_hash,
            summary.simulated_s,
            files_of_run(folder)};
}

void check_same_for_workers(ExperimentOptions options, std::initializer_list<unsigned> others) {
    const TemporaryFolder folder;
    options.workers = 1;
    const Outcome first = run_to_end(options, folder.path() / "first");
    CHECK(first.hash.size() == 16);
    for (const unsigned workers : others) {
        options.workers = workers;
        CHECK(first == run_to_end(options, folder.path() / std::to_string(workers)));
    }
}

void check_same_for_any_workers(ExperimentOptions options) {
    check_same_for_workers(std::move(options), {1, 2, 4});
}

}  // namespace murmur::test
