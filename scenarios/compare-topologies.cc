// D-PSGD over a ring, a 5-regular, the full and a dynamic overlay, side by side.
//
// The comparison of overlays of [Dhasade, 2023], here against seconds, too.
//
//     node i --uplink 100 Mb/s--> [ core, 20 ms one way ] --downlink--> node j
//
// Expect: the denser the overlay, the higher the accuracy after a round and the longer the round;
// the dynamic overlay learns nearly as well as the full one at the price of the static 5-regular.
// - [Dhasade, 2023] A. Dhasade et al. Decentralized learning made easy with DecentralizePy.
//   EuroMLSys.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant over(const char* name, const char* topology) {
    return {name, [topology](murmur::ExperimentOptions& options) { options.topology = topology; }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{.name = "compare-topologies",
                                  .description =
                                      "D-PSGD over ring, 5-regular, full and dynamic "
                                      "overlays",
                                  .variants = {over("ring", "ring"),
                                               over("5-regular", "regular:5"),
                                               over("full", "full"),
                                               over("dynamic", "dynamic:regular:5")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 96;
    full.rounds = 100;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    full.partition = "shards:2";
    full.network = "flow";
    full.clock = "modelled:2ms";
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.nodes = 16;
    quick.rounds = 12;
    quick.model = "mlp:64";
    quick.eval_every = 2;
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
