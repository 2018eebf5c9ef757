#include "emulator/run/data_plan.h"

#include "emulator/base/quantity.h"
#include "emulator/run/require.h"
#include "learning/index_dataset.h"
#include "learning/random_stream.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

DatasetPair read_data(const ExperimentOptions& options) {
    DatasetPair data = load_dataset(options.dataset, stream_seed(options.seed, "dataset"));
    if (options.eval_samples > 0 && options.eval_samples < data.test->size()) {
        const std::uint64_t order = stream_seed(options.seed, "eval-samples");
        const auto places = places_when_shuffled(data.test->size(), order);
        for (std::vector<std::int64_t>& samples : data.own_test) {
            for (std::int64_t& sample : samples) {
                sample = places[static_cast<std::size_t>(sample)];
            }
        }
        data.test = shuffled_dataset(std::move(data.test), order);
    }
    return data;
}

Partition split_data(const ExperimentOptions& options,
                     const ProtocolPlan& protocol,
                     const Dataset& data) {
    if (protocol.needs_labels && data.labels().empty()) {
        throw std::invalid_argument(fmt::format(
            "--protocol: {} compares the labels of nodes, got --dataset={}, allowed one with "
            "classes",
            options.protocol,
            options.dataset));
    }
    const std::uint32_t servers = protocol.has_server ? 1 : 0;
    Partition partition = make_partition(
        options.partition, data, options.nodes - servers, stream_seed(options.seed, "partition"));
    partition.insert(partition.begin(), servers, {});
    return partition;
}

std::optional<OwnTest> plan_own_test(const ExperimentOptions& options,
                                     const DatasetPair& data,
                                     Partition& partition) {
    const bool is_auto = options.own_test == "auto";
    if (options.evaluate == "global") {
        require(is_auto, "--own-test", options.own_test, "auto with --evaluate=global");
        return std::nullopt;
    }
    if (options.evaluate != "own" && options.evaluate != "both") {
        throw std::invalid_argument(unknown_word(
            "--evaluate", options.evaluate, std::vector<std::string>{"global", "own", "both"}));
    }
    if (options.evaluate == "own" &&
        !(options.target_accuracy.empty() && options.target_loss.empty())) {
        throw std::invalid_argument(
            "--evaluate: got own with a target, which is one of the common test set, allowed both");
    }
    if (is_auto && !data.own_test.empty() && options.partition == "users") {
        return tests_of_users(partition, data);
    }
    constexpr double kShare = 0.2;
    const double share = is_auto ? kShare : parse_number("--own-test", options.own_test);
    require(share > 0 && share < 1, "--own-test", options.own_test, "auto, or a share in (0, 1)");
    return hold_back(partition, share, stream_seed(options.seed, "own-test"));
}

}  // namespace murmur
