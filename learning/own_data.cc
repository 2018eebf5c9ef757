#include "learning/own_data.h"

#include "learning/index_dataset.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {

OptionForm test_share_option() {
    return named("test", "0.2", "share of the samples for testing, drawn from the seed");
}

DatasetPair split_by_option(const Options& options,
                            std::shared_ptr<const Dataset> data,
                            std::uint64_t seed) {
    const double share = options.number("test", {1e-6, 1 - 1e-6});
    if (data->size() < 2) {
        options.refuse(
            fmt::format("got {} sample, allowed 2 or more: one for training, one for "
                        "testing",
                        data->size()));
    }
    return split_dataset(std::move(data), share, seed);
}

}  // namespace murmur
