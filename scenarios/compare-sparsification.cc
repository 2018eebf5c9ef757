// Full models beside random, top-k, CHOCO and JWINS with a tenth of the bytes.
//
// The comparison of sparse sharing of [Dhasade, 2023], here against bytes and seconds.
//
//     node i --uplink 10 Mb/s--> [ core, 20 ms one way ] --downlink--> node j
//
// Expect: at equal rounds full models win, or JWINS, which comes near them, by a little; at equal
// bytes, and on slow links at equal time, sparse ones do, and those with memory of what was not
// sent more than a random choice.
// - [Dhasade, 2023] A. Dhasade et al. Decentralized learning made easy with DecentralizePy.
//   EuroMLSys.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant with(const char* name, const char* sharing) {
    return {name, [sharing](murmur::ExperimentOptions& options) { options.sharing = sharing; }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "compare-sparsification",
        .description = "full, random, top-k, CHOCO and JWINS with a budget of 10 %",
        .variants = {with("full", "full"),
                     with("random", "random:alpha=0.1"),
                     with("top-k", "top-k:alpha=0.1,accumulation=averaging"),
                     with("choco", "choco:alpha=0.1,gamma=0.4"),
                     with("jwins", "jwins:alphas=.05/.1/.15")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 96;
    full.topology = "regular:5";
    full.rounds = 200;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    full.partition = "shards:2";
    full.network = "flow";
    full.rate = "10Mbps";
    full.clock = "modelled:2ms";
    full.eval_every = 10;
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.nodes = 16;
    quick.rounds = 20;
    quick.model = "mlp:64";
    quick.eval_every = 2;
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
