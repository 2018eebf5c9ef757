// Plain and secure aggregation of 48 nodes side by side: what it costs that no model is seen.
//
//     node i --uplink 100 Mb/s--> [ core, 20 ms one way ] --downlink--> node j
//
// Expect: the same accuracy and hardly more bytes. Over a static overlay rounds are a little
// longer; over a dynamic one keys open the connections while nodes train, which may be worth more
// than they cost.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant with(const char* name, const char* topology, const char* sharing) {
    return {name, [=](murmur::ExperimentOptions& options) {
                options.topology = topology;
                options.sharing = sharing;
            }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "compare-secure",
        .description = "plain and secure aggregation, static and dynamic 5-regular overlays",
        .variants = {with("plain", "regular:5", "full"),
                     with("secure", "regular:5", "secure"),
                     with("plain-dynamic", "dynamic:regular:5", "full"),
                     with("secure-dynamic", "dynamic:regular:5", "secure")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 48;
    full.rounds = 50;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    full.network = "flow";
    full.clock = "modelled:2ms,merge=150us";
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.nodes = 12;
    quick.rounds = 8;
    quick.model = "mlp:64";
    quick.eval_every = 2;
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
