// D-PSGD with every choice an option: overlay, data, model, network, compute clock.
//
// Expect: `--help` lists the options with defaults and units; the defaults take about a minute.

#include "emulator/run/scenario.h"

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.training.lr = 0.01;
    options.clock = "calibrated";
    options.eval_samples = 500;
    return murmur::run_scenario(
        argc, argv, "dpsgd", "decentralized SGD, every choice an option", options);
}
