// D-PSGD that trains in every round beside SkipTrain, which trains in some and only synchronizes in
// others: what the devices compute, which is most of the energy, against accuracy.
//
//     round:       0 1 2 3 4 5 6 7 ...
//     dpsgd        T T T T T T T T         T: train, then share and merge
//     skiptrain    T T T T . . . .         .: share and merge alone
//
// Expect: half of the computing for the same accuracy after as many rounds, or a better one: where
// nodes' data are unlike, to agree is worth more than to train on.  What each device computed is in
// nodes.csv of each variant's folder, in the column compute_s, and the joules beside it; accuracy
// against joules is on the page that compares the variants.
// - A. Dhasade et al. Energy-aware decentralized learning with intermittent model training.
//   arXiv:2407.01283.

#include "emulator/run/comparison.h"

int main(int argc, char** argv) {
    using murmur::with_protocol;
    murmur::Comparison comparison{
        .name = "compare-skiptrain",
        .description = "training in every round and in half of them, with budgets and without",
        .variants = {
            with_protocol("dpsgd", "dpsgd"),
            with_protocol("skiptrain", "skiptrain:train=4,sync=4"),
            with_protocol("one-by-one", "skiptrain:train=1,sync=1"),
            with_protocol("constrained", "skiptrain:train=4,sync=4,budget=choice:12:48"),
            with_protocol("greedy", "skiptrain:train=1,sync=0,budget=choice:12:48,spend=greedy")}};
    murmur::ExperimentOptions& full = comparison.full;
    full.nodes = 96;
    full.topology = "regular:6";
    full.rounds = 96;
    full.training = {.batch_size = 8, .local_steps = 8, .lr = 0.05};
    full.partition = "shards:2";
    full.network = "flow";
    full.clock = "modelled:5ms,merge=1ms";
    // What a phone takes beyond idling: 3 W at work, and 20 nJ for each byte sent or received, which
    // is 0.25 W at 100 Mb/s.
    full.energy = "idle=0W,compute=3W,up=20nJ,down=20nJ";
    full.eval_every = 8;
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.nodes = 16;
    quick.model = "mlp:64";
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
