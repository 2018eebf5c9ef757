// The plain mean beside robust rules, where two nodes of sixteen drive the others apart.
//
// Each attacker knows all models and sends every neighbor t another one, the opposite of what t's
// honest neighbors do to it (dissensus, eps = 1.5), in each round at the instant at which it would
// have sent its own.
//
//     7-regular overlay, 100 Mb/s, 20 ms one way; a node has two attackers at most, of weight 1/8
//
// Expect: with the mean honest models part and learn little; CS+, which clips what is far by a bound
// that the attackers cannot move, holds them together and costs little accuracy; GTS, which drops,
// does so as well; with the rule of He et al., which clips less than CS+ [Gaucher, 2025], they are
// farther apart.
// - [Gaucher, 2025] R. Gaucher, A. Dieuleveut and H. Hendrikx. Unified breakdown analysis for
//   Byzantine robust gossip. ICML.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant with(const char* name, const char* aggregation) {
    return {name, [aggregation](murmur::ExperimentOptions& options) {
                options.aggregation = aggregation;
            }};
}

murmur::Variant honest() {
    return {"mean-honest", [](murmur::ExperimentOptions& options) { options.attack.clear(); }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "compare-robust",
        .description = "the plain mean and robust rules, two nodes of 16 attacking",
        .variants = {honest(),
                     with("mean", "mean"),
                     with("cs-plus", "cs-plus:b=2/8"),
                     with("gts", "gts:b=2/8"),
                     with("clipped-gossip-he", "clipped-gossip:tau=he,b=2/8"),
                     with("nnm-trimmed-mean", "nnm:f=2,then=trimmed-mean:f=2"),
                     with("krum", "krum:f=2")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 16;
    full.topology = "regular:7";
    full.attack = "nodes=3,11:dissensus";
    full.rounds = 200;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.01};
    full.partition = "dirichlet:0.5";
    full.network = "flow";
    full.rate = "100Mbps";
    full.latency = "20ms";
    full.clock = "modelled:2ms";
    full.eval_every = 10;
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.rounds = 20;
    quick.model = "mlp:64";
    quick.eval_every = 2;
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
