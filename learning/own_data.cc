#include "learning/own_data.h"

#include "learning/index_dataset.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <utility>

namespace murmur {

OptionForm test_share_option() {
    return named("test", "0.2", "share of the samples for testing, drawn from the seed");
}

void refuse_test_share(const Options& options, std::string_view source) {
    if (options.has("test")) {
        options.refuse(
            fmt::format("test: got {}, but {} holds the samples for testing, allowed one of them",
                        options.text("test"),
                        shown(source)));
    }
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
