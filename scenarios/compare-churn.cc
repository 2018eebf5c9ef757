// Whole models beside JWINS where nodes come and go.
//
//     node i   on ~~~~~~~~~~      ~~~~~~~~~~~~~~       ~~~~~~
//     node j   on     ~~~~~~~~~~~~~~      ~~~~~~~~~~~~~~~~~~~       on for 10 s, off for 5 s on
//     average
//
// Expect: both lose accuracy, since nodes miss rounds, and with them steps of learning; JWINS,
// whose messages hold values and not changes, loses no more than whole models do.
// - A. Dhasade et al. Get more for less in decentralized learning systems. ICDCS 2023.

#include "emulator/run/comparison.h"

namespace {

murmur::Variant with(const char* name, const char* sharing, const char* availability) {
    return {name, [=](murmur::ExperimentOptions& options) {
                options.sharing = sharing;
                options.availability = availability;
            }};
}

}  // namespace

int main(int argc, char** argv) {
    constexpr const char* kChurn = "poisson:on=10s,off=5s";
    murmur::Comparison comparison{.name = "compare-churn",
                                  .description = "whole models and JWINS, with and without churn",
                                  .full = {},
                                  .quick = {},
                                  .variants = {with("full", "full", "always"),
                                               with("jwins", "jwins", "always"),
                                               with("full-churn", "full", kChurn),
                                               with("jwins-churn", "jwins", kChurn)}};
    murmur::ExperimentOptions& full = comparison.full;
    full.model = "gn-lenet";
    full.dataset = "synthetic:train=1600,test=200";
    full.nodes = 16;
    full.topology = "regular:4";
    full.rounds = 40;
    full.training = {.batch_size = 8, .local_steps = 4, .lr = 0.02};
    full.network = "flow";
    full.rate = "10Mbps";
    full.clock = "modelled:10ms";
    full.eval_every = 5;
    full.eval_samples = 200;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.model = "mlp:64";
    quick.rounds = 60;
    return murmur::run_comparison(argc, argv, comparison);
}
