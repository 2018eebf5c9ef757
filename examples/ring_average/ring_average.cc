// Eight nodes on a ring agree on the mean of the numbers 0..7, over 10 Mb/s links of 5 ms.
//
//     0 -- 1 -- 2 -- 3
//     |              |        expect: every node within 0.01 of 3.5
//     7 -- 6 -- 5 -- 4        runs in: < 1 s

#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 8;
    options.topology = "ring";
    options.rounds = 40;
    options.dataset = "least-squares:features=1,samples=8";
    options.model = "linear";  // a weight and a bias: two numbers to agree on
    options.training.local_steps = 0;
    options.underlay = "p2p";
    options.rate = "10Mbps";
    options.latency = "5ms";
    options.clock = "modelled:1ms";
    options.quiet = true;

    murmur::ExperimentInputs inputs;
    for (int node = 0; node < 8; ++node) {
        const std::vector<float> start(2, static_cast<float>(node));
        inputs.initial.push_back(murmur::make_parameters(start));
    }
    const murmur::RunResult result = murmur::Experiment(options, inputs).run();
    float worst = 0;
    for (const murmur::Parameters& parameters : result.parameters) {
        worst = std::max(worst, std::abs(parameters->values()[0] - 3.5F));
    }
    fmt::print("after {:.2f} simulated seconds every node is within {:.4f} of 3.5\n",
               result.summary.simulated_s,
               worst);
    return result.summary.status == "complete" && worst < 0.01F ? EXIT_SUCCESS : EXIT_FAILURE;
}
