// Eight nodes learn a classifier with D-PSGD over TCP, written against the C++ API.
//
//     node i --uplink 20 Mb/s--> [ core, 30 ms one way ] --downlink--> its 3 neighbors
//
//     expect: test accuracy well above the 10 % of guessing        runs in: a few seconds

#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cstdlib>

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 8;
    options.topology = "regular:3";
    options.rounds = 12;
    options.dataset = "synthetic:train=2000,test=400";
    options.partition = "shards:4";
    options.model = "mlp:16";
    options.training = {.batch_size = 16, .local_steps = 15, .lr = 0.02, .momentum = 0.9};
    options.rate = "20Mbps";
    options.latency = "30ms";
    options.clock = "modelled:1ms";
    options.speed = "uniform:0.5:2";
    options.quiet = true;

    const murmur::Summary summary = murmur::Experiment(options).run().summary;
    fmt::print("{} after {:.2f} simulated seconds: accuracy {:.3f}\n",
               summary.status,
               summary.simulated_s,
               summary.mean_test_accuracy);
    return summary.mean_test_accuracy > 0.2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
