// DiLoCo beside streaming DiLoCo: how much bandwidth a worker needs at the worst moment.
//
//     diloco               HHHHHHHHHHHHHHHHHHHH#####            H: an inner step
//     streaming, P = 4     HHHHHHHHHHHHHHHHHHHHHHHHH            #: an exchange that is waited for
//                              =    =    =    =                 =: a fragment, while steps go on
//
// Expect: the fullest moment of a link falls by the number of fragments where a fragment is still a
// burst that is longer than a bin of 64 ms, and by eight again with values of 4 bits; the loss is
// nearly that of DiLoCo, and nobody waits.  peak_bps of comparison.csv is that moment.
// - A. Douillard et al. Streaming DiLoCo with overlapping communication. arXiv:2501.18512.

#include "emulator/run/comparison.h"

#include <cstdint>

namespace {

/// @param bins  that make bins of about 64 ms
murmur::Variant with(const char* name, const char* protocol, std::uint32_t bins) {
    return {name, [=](murmur::ExperimentOptions& options) {
                options.protocol = protocol;
                options.link_bins = bins;
            }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "compare-peak",
        .description = "peak bandwidth of DiLoCo and of streaming DiLoCo",
        .full = {},
        .quick = {},
        .variants = {with("diloco", "diloco:via=direct", 400),
                     with("streaming", "streaming-diloco:fragments=4,delay=4,via=direct", 200),
                     with("ten-fragments", "streaming-diloco:fragments=10,delay=4,via=direct", 200),
                     with("four-bits",
                          "streaming-diloco:fragments=4,delay=4,via=direct,codec=uniform:bits=4",
                          140)}};
    murmur::ExperimentOptions& full = comparison.full;
    full.model = "mlp:64";
    full.dataset = "synthetic:train=3200,test=500";
    full.nodes = 16;
    full.topology = "ring";
    full.rounds = 5;
    full.training = {.batch_size = 8, .local_steps = 20, .lr = 0.02};
    full.network = "flow";
    full.underlay = "regions:us-east,eu-west,jp-east,sa-east";
    full.rate = "100Mbps";
    full.clock = "modelled:10ms";
    full.eval_every = 1;
    full.eval_nodes = "1";
    full.eval_samples = 500;
    comparison.quick = full;
    return murmur::run_comparison(argc, argv, comparison);
}
