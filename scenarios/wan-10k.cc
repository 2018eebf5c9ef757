// 10,240 nodes learn generated images with GN-LeNet; each round exchanges over another random
// 5-regular overlay, on a wide-area network that is simulated at flow level.  A study of a size for
// several ranks (docs/scale.md).
//
//     node i --uplink 10..100 Mb/s--> [ core, 5..100 ms one way ] --downlink--> node j
//
// Expect: as `wan-1024`, ten times as much of everything; models and messages take some 8 GB.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 10240;
    options.topology = "dynamic:regular:5";
    options.rounds = 3;
    options.dataset = "synthetic:train=81920";
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
                                "wan-10k",
                                "10,240 nodes, a new overlay each round, over a flow-level network",
                                options);
}
