// Fragments in the background beside pairwise averages of whole models, where half of the uplinks
// are slow.
//
// The comparison of [Biswas, 2024], here over a network whose uplink queues are real.
//
//     node i --uplink 2 or 20 Mb/s--> [ core, 10 ms one way ] --downlink 100 Mb/s--> node j
//
// Expect: AD-PSGD waits for whole models to leave slow uplinks and back; DivShare never waits: of
// what a slow uplink could not send in a training, a random part has left, and nothing is old.
// - [Biswas, 2024] S. Biswas et al. Boosting asynchronous decentralized learning with model
//   fragmentation. arXiv:2410.12918.

#include "emulator/run/comparison.h"

int main(int argc, char** argv) {
    using murmur::with_protocol;
    murmur::Comparison comparison{
        .name = "compare-divshare",
        .description = "DivShare and AD-PSGD where half of the uplinks are slow",
        .variants = {
            with_protocol("ad-psgd", "ad-psgd"),
            with_protocol("divshare", "divshare:fragments=10,receivers=4"),
            with_protocol("drop", "divshare:fragments=10,receivers=4,unsent=drop"),
            with_protocol("whole-models", "divshare:fragments=1,receivers=4,unsent=drop")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 60;
    full.topology = "regular:6";
    full.rounds = 200;
    full.training = {.batch_size = 8, .local_steps = 16, .lr = 0.02};
    full.partition = "shards:4";
    full.network = "flow";
    full.rate = "choice:2Mbps:20Mbps";
    full.downlink_rate = "100Mbps";
    full.latency = "10ms";
    full.clock = "modelled:10ms,jitter=0.1,merge=1ms";
    full.eval_every = 5;
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.nodes = 16;
    quick.topology = "regular:4";
    quick.rounds = 60;
    quick.eval_every = 2;
    quick.model = "mlp:32";
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
