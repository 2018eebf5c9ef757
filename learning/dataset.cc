#include "learning/dataset.h"

#include "learning/datasets.h"
#include "learning/random_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace murmur {

DatasetRegistry& datasets() {
    static DatasetRegistry registry("dataset", register_all);
    return registry;
}

DatasetPair load_dataset(std::string_view text, std::uint64_t seed) {
    const auto chosen = datasets().select(text);
    try {
        return chosen.make(chosen.options, seed);
    } catch (const std::invalid_argument& error) {
        // Whatever a file holds, a message about it is one line that can be read.
        constexpr std::size_t kLongestMessage = 400;
        throw std::invalid_argument(shown(error.what(), kLongestMessage));
    }
}

OptionForm folder_option() {
    return rest("folder", "DIR", "where the files are");
}

void require_reasonable_bytes(const Options& options, std::int64_t samples, std::int64_t bytes) {
    constexpr std::int64_t kMaxBytes = std::int64_t{16} << 30;
    if (samples > kMaxBytes / bytes) {
        options.refuse(fmt::format("too large, got {} samples of {} bytes, allowed {} GiB in all",
                                   samples,
                                   bytes,
                                   kMaxBytes >> 30));
    }
}

std::uint64_t test_order(std::uint64_t seed) {
    return stream_seed(seed, "test order");
}

std::string describe(const DatasetPair& data) {
    const Dataset& train = *data.train;
    std::string text = fmt::format("{} training and {} test samples of {} {}",
                                   train.size(),
                                   data.test->size(),
                                   fmt::join(train.sample_shape(), "x"),
                                   train.input_ranges().empty() ? "numbers" : "indices");
    text += ", ";
    text += train.goal().describe(train);
    if (!train.user_offsets().empty()) {
        text += fmt::format(", {} users", train.user_offsets().size() - 1);
    }
    return text;
}

}  // namespace murmur
