// 100,000 nodes learn generated images by softmax regression on a random 5-regular overlay, on a
// wide-area network that is simulated at flow level.
//
//     node i --uplink 10..100 Mb/s--> [ core, 5..100 ms one way ] --downlink--> node j
//
// Expect: three rounds of 500,000 messages each; the simulator's thread is what takes the time.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 100000;
    options.topology = "regular:5";
    options.rounds = 3;
    options.dataset = "synthetic:train=200000,size=8";
    options.model = "softmax";
    options.training = {.batch_size = 2, .local_steps = 1, .lr = 0.05};
    options.network = "flow";
    options.rate = "loguniform:10Mbps:100Mbps";
    options.latency = "uniform:5ms:100ms";
    options.clock = "modelled:1ms,jitter=0.1";
    options.speed = "uniform:0.5:1.5";
    options.eval_nodes = "32";
    options.eval_samples = 500;
    return murmur::run_scenario(
        argc, argv, "hundred-thousand", "100,000 nodes over a flow-level network", options);
}
