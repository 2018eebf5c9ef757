// Data-parallel training, DiLoCo, NoLoCo and streaming DiLoCo among cloud regions, from 10 Mb/s to
// 10 Gb/s, and with workers that fail.
//
// Sixteen workers in four regions learn from the same number of samples; what differs is how often
// they speak, with whom, and how much of the model a message holds.  Means are by butterflies: two
// latencies each, where a ring over the regions takes thirty.
//
//     4 workers in us-east --- 4 in eu-west --- 4 in jp-east --- 4 in sa-east
//
// Expect: DDP spends its time on the network, on slow links for its bytes and on fast ones for
// latencies; DiLoCo sends one byte where DDP sends --local-steps; streaming sends what DiLoCo does,
// spread over the round, and hardly waits.  Where workers fail, means go on among those that are
// left: what is lost is their learning, and a collective that begins anew (tokens_learnt or
// samples_learnt of rounds.csv over sim_time_s is the goodput).
//
// The whole study is a transformer on the text that `./murmur data tiny-shakespeare tiny-shakespeare`
// downloads; `--model` and `--dataset` take any others.

#include "emulator/run/comparison.h"

#include <string>
#include <vector>

namespace {

/// A step of all workers together where others take --local-steps: as many rounds more.
void step_together(murmur::ExperimentOptions& options) {
    const auto steps = static_cast<std::uint64_t>(options.training.local_steps);
    options.rounds *= steps;
    options.eval_every *= steps;
    options.training.local_steps = 1;
}

murmur::Variant variant(const std::string& name,
                        const std::string& protocol,
                        const std::string& rate) {
    return {name + "-" + rate, [=](murmur::ExperimentOptions& options) {
                options.protocol = protocol;
                options.rate = rate;
                if (name == "ddp") {
                    step_together(options);
                }
            }};
}

/// The same where a quarter of the workers fails for good, one after the other.
murmur::Variant failing(const murmur::Variant& variant) {
    return {variant.name + "-failures", [=](murmur::ExperimentOptions& options) {
                variant.change(options);
                options.crash = "0.25@uniform:1s:6s";
            }};
}

}  // namespace

int main(int argc, char** argv) {
    murmur::Comparison comparison{
        .name = "diloco-wan",
        .description = "DDP, DiLoCo, NoLoCo and streaming DiLoCo in four cloud regions",
        .full = {},
        .quick = {},
        .variants = {}};
    for (const char* rate : {"10Mbps", "100Mbps", "1Gbps", "10Gbps"}) {
        comparison.variants.push_back(variant("ddp", "ddp:via=direct", rate));
        comparison.variants.push_back(variant("diloco", "diloco:via=direct", rate));
        comparison.variants.push_back(variant("noloco", "noloco", rate));
        comparison.variants.push_back(
            variant("streaming", "streaming-diloco:fragments=4,delay=4,via=direct", rate));
    }
    const std::vector<murmur::Variant> all = comparison.variants;
    for (const murmur::Variant& one : all) {
        if (one.name.ends_with("-100Mbps")) {
            comparison.variants.push_back(failing(one));
        }
    }
    murmur::ExperimentOptions& full = comparison.full;
    full.model = "gpt:layers=4,heads=4,width=128";
    full.dataset = "tokens:tiny-shakespeare/input.txt,context=64";
    full.nodes = 16;
    full.topology = "ring";
    full.rounds = 20;
    full.training = {.batch_size = 8, .local_steps = 20, .optimizer = "adamw", .lr = 0.001};
    full.network = "flow";
    full.underlay = "regions:us-east,eu-west,jp-east,sa-east";
    full.clock = "modelled:10ms";
    full.eval_every = 2;
    full.eval_nodes = "1";
    full.eval_samples = 1000;
    murmur::ExperimentOptions& quick = comparison.quick;
    quick = full;
    quick.dataset = "synthetic:train=3200,test=500";
    quick.model = "mlp:64";
    quick.training = {.batch_size = 8, .local_steps = 20, .lr = 0.02};
    quick.rounds = 5;
    quick.eval_every = 1;
    quick.eval_samples = 500;
    return murmur::run_comparison(argc, argv, comparison);
}
