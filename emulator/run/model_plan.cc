#include "emulator/run/model_plan.h"

#include "emulator/base/naming.h"
#include "emulator/run/memory_estimate.h"
#include "emulator/run/require.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace murmur {

std::unique_ptr<const Sharing> choose_sharing(const ExperimentOptions& options,
                                              const ProtocolPlan& protocol,
                                              const ParameterLayout& layout) {
    const PartOptions parts{.buffers = parse_travel("--buffers", options.buffers),
                            .frozen = parse_travel("--frozen", options.frozen)};
    const LayoutCounts counts = count_values(layout);
    const auto check_part = [&](std::string_view option, Travel travel, std::size_t count) {
        if (travel != Travel::kLocal || count == 0) {
            return;
        }
        if (protocol.sums_in_secret) {
            throw std::invalid_argument(fmt::format(
                "{}: got local, allowed whole for secure aggregation, which sums whole models",
                option));
        }
        if (protocol.has_own_messages) {
            throw std::invalid_argument(
                fmt::format("{}: got local with --protocol={}, allowed whole: its messages are "
                            "about all values",
                            option,
                            options.protocol));
        }
        if (protocol.has_server && option == "--buffers") {
            throw std::invalid_argument(
                fmt::format("{}: got local with --protocol={}, allowed whole, encoded: the server, "
                            "whose model is tested, trains no buffers of its own",
                            option,
                            options.protocol));
        }
    };
    check_part("--buffers", parts.buffers, counts.buffers);
    check_part("--frozen", parts.frozen, counts.frozen);
    return make_sharing({.sharing = protocol.sharing.value_or(options.sharing),
                         .codec = options.codec,
                         .aggregation = options.aggregation,
                         .parts = parts},
                        layout);
}

std::vector<Parameters> choose_initial(const ExperimentOptions& options,
                                       const Learner& learner,
                                       std::vector<Parameters> given) {
    const bool same_start = given.size() <= 1 && options.init.empty();
    require_memory(estimate_models(
        options, {learner.num_parameters(), learner.activation_bytes()}, same_start));
    if (given.empty() && options.init.empty()) {
        return {learner.initial_parameters(stream_seed(options.seed, "init"))};
    }
    if (given.empty()) {
        return read_initial_parameters(options.init, learner.num_parameters(), options.nodes);
    }
    require(given.size() == 1 || given.size() == options.nodes,
            "initial parameters",
            fmt::format("{} vectors", given.size()),
            fmt::format("1 or {}", options.nodes));
    for (const Parameters& parameters : given) {
        require(parameters->size() == learner.num_parameters(),
                "initial parameters",
                fmt::format("{} values", parameters->size()),
                fmt::format("{}, the model's", learner.num_parameters()));
    }
    return given;
}

void check_batches(const ExperimentOptions& options,
                   const Partition& partition,
                   const Learner& learner) {
    std::vector<std::int64_t> sizes;
    for (const std::vector<std::int64_t>& samples : partition) {
        sizes.push_back(std::ssize(samples));
    }
    naming(fmt::format("--model: {}", options.model), [&] { learner.check_partitions(sizes); });
}

}  // namespace murmur
