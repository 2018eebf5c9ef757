// 1,024 nodes learn generated images with GN-LeNet; each round exchanges over another random
// 5-regular overlay, on a wide-area network that is simulated at flow level.
//
//     node i --uplink 10..100 Mb/s--> [ core, 5..100 ms one way ] --downlink--> node j
//
// Expect: all models stay close, since a new overlay mixes better than any fixed one.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 1024;
    options.topology = "dynamic:regular:5";
    options.rounds = 10;
    options.dataset = "synthetic:train=20480";
    options.training = {.batch_size = 8, .local_steps = 3, .lr = 0.01};
    options.network = "flow";
    options.rate = "loguniform:10Mbps:100Mbps";
    options.latency = "uniform:5ms:100ms";
    options.clock = "modelled:2ms,jitter=0.1";
    options.speed = "uniform:0.5:1.5";
    options.eval_nodes = "16";
    options.eval_samples = 500;
    return murmur::run_scenario(argc,
                                argv,
                                "wan-1024",
                                "1,024 nodes, a new overlay each round, over a flow-level network",
                                options);
}
