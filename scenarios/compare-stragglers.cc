// Overlays, sparse sharing and asynchrony where links are unlike and one device in ten is slow.
//
// What a deployment without a network model cannot show: the same comparisons against seconds.
//
//     node i --uplink 2..100 Mb/s--> [ core, 5..100 ms one way ] --downlink--> node j
//
// Expect: synchronous rounds wait for stragglers, the more the denser the overlay; sending less
// helps slow links alone, and asynchrony (AD-PSGD) helps slow devices as well.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant variant(const char* name,
                        const char* topology,
                        const char* protocol,
                        const char* sharing) {
    return {name, [=](murmur::ExperimentOptions& options) {
                options.topology = topology;
                options.protocol = protocol;
                options.sharing = sharing;
            }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "compare-stragglers",
        .description = "overlays, sparse sharing and asynchrony on a WAN with stragglers",
        .variants = {variant("ring", "ring", "dpsgd", "full"),
                     variant("5-regular", "regular:5", "dpsgd", "full"),
                     variant("dynamic", "dynamic:regular:5", "dpsgd", "full"),
                     variant("top-k", "regular:5", "dpsgd", "top-k:accumulation=averaging"),
                     variant("jwins", "regular:5", "dpsgd", "jwins:alphas=.05/.1/.15"),
                     variant("ad-psgd", "regular:5", "ad-psgd", "full")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 96;
    full.rounds = 100;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    full.partition = "shards:2";
    full.network = "flow";
    full.rate = "loguniform:2Mbps:100Mbps";
    full.latency = "uniform:5ms:100ms";
    full.clock = "modelled:2ms,jitter=0.1";
    full.speed = "choice:1:1:1:1:1:1:1:1:1:0.2";
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
