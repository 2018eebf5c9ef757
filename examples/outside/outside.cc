// A scenario of a project of its own: every choice that it makes is this project's, in a file beside
// this one each.  Every option of `dpsgd` is one of this program, too.

#include "emulator/run/scenario.h"
#include "parts.h"

int main(int argc, char** argv) {
    register_parts();
    murmur::ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 30;
    options.protocol = "pass-on";
    options.dataset = "two-moons";
    options.model = "radial";
    options.training = {
        .batch_size = 10, .local_steps = 5, .optimizer = "sign-descent", .lr = 0.02};
    options.clock = "modelled:1ms";
    return murmur::run_scenario(
        argc, argv, "outside", "nodes pass a model on around a ring", options);
}
