// 10,240 nodes learn generated images with a small multilayer perceptron on a random 5-regular
// overlay, on a wide-area network that is simulated at flow level.
//
//     node i --uplink 10..100 Mb/s--> [ core, 5..100 ms one way ] --downlink--> node j
//
// Expect: three rounds of 51,200 messages each.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 10240;
    options.topology = "regular:5";
    options.rounds = 3;
    options.dataset = "synthetic:train=40960,size=16";
    options.model = "mlp:64";
    options.training = {.batch_size = 4, .local_steps = 2, .lr = 0.05};
    options.network = "flow";
    options.rate = "loguniform:10Mbps:100Mbps";
    options.latency = "uniform:5ms:100ms";
    options.clock = "modelled:1ms,jitter=0.1";
    options.speed = "uniform:0.5:1.5";
    options.eval_nodes = "32";
    options.eval_samples = 500;
    return murmur::run_scenario(
        argc, argv, "ten-thousand", "10,240 nodes over a flow-level network", options);
}
