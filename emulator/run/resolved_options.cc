#include "emulator/run/resolved_options.h"

#include "emulator/ranks/launcher.h"
#include "emulator/run/require.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace murmur {

namespace {

/// Takes the name of the program's own protocol; refuses that of another one.
void name_protocol(ExperimentOptions& options, const ExperimentInputs& inputs) {
    if (!inputs.protocol) {
        return;
    }
    require(options.protocol == inputs.protocol_name ||
                options.protocol == ExperimentOptions().protocol,
            "--protocol",
            options.protocol,
            inputs.protocol_name + ", the program's own");
    options.protocol = inputs.protocol_name;
}

/// Refuses options that the program's own network would not heed.
void check_network_options(const ExperimentOptions& options, const ExperimentInputs& inputs) {
    if (!inputs.network) {
        return;
    }
    const ExperimentOptions usual;
    const auto check_one = [&](const std::string& name,
                               const std::string& given,
                               const std::string& otherwise) {
        const auto& heeded = inputs.network_options;
        if (given != otherwise && std::find(heeded.begin(), heeded.end(), name) == heeded.end()) {
            throw std::invalid_argument(
                fmt::format("--{}: got {}, but this program builds a network of its own, which "
                            "does not heed it",
                            name,
                            given));
        }
    };
    check_one("rate", options.rate, usual.rate);
    check_one("downlink-rate", options.downlink_rate, usual.downlink_rate);
    check_one("latency", options.latency, usual.latency);
    check_one("latency-matrix", options.latency_matrix, usual.latency_matrix);
    check_one("attach", options.attach, usual.attach);
}

}  // namespace

ExperimentOptions resolve_options(ExperimentOptions options, const ExperimentInputs& inputs) {
    name_protocol(options, inputs);
    check_network_options(options, inputs);
    require(options.nodes >= 2, "--nodes", options.nodes, "2 or more");
    const LaunchedPlace place = launched_place();
    require(place.size <= options.nodes,
            "--ranks",
            place.size,
            fmt::format("1 to {}, one for each of the --nodes at most", options.nodes));
    require(options.rounds >= 1, "--rounds", options.rounds, "1 or more");
    require(options.eval_every >= 1, "--eval-every", options.eval_every, "1 or more");
    require(options.eval_samples >= 0, "--eval-samples", options.eval_samples, "0 or more");
    require(options.workers <= 4096, "--workers", options.workers, "0 to 4096");
    require(options.link_bins % 2 == 0 && options.link_bins <= 10'000,
            "--link-bins",
            options.link_bins,
            "an even number, 0 to 10000");
    check(options.training, "--");
    options.training.run_rounds = options.rounds;
    if (!options.resume.empty()) {
        require(options.out.empty() || options.out == options.resume,
                "--out",
                options.out,
                fmt::format("none with --resume={}, which goes on in its folder", options.resume));
        options.out = options.resume;
    }
    if (options.workers == 0) {
        options.workers = cores_of_rank(place);
    }
    return options;
}

}  // namespace murmur
