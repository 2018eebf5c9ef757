// 64 nodes on a random 5-regular overlay learn generated images with D-PSGD over unlike links.
//
//     node i --uplink 10..100 Mb/s--> [ core, 5..50 ms one way ] --downlink--> node j
//
// Expect: accuracy climbs from 10 % (guessing) to about 30 %; under a minute on two cores.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 64;
    options.topology = "regular:5";
    options.rounds = 6;
    options.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    options.rate = "uniform:10Mbps:100Mbps";
    options.latency = "uniform:5ms:50ms";
    options.clock = "modelled:2ms,jitter=0.1";
    options.speed = "uniform:0.5:1.5";
    options.eval_every = 2;
    options.eval_samples = 100;
    return murmur::run_scenario(argc,
                                argv,
                                "quickstart",
                                "64 nodes learn generated images with D-PSGD over unlike links",
                                options);
}
