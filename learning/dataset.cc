#include "learning/dataset.h"

#include "learning/datasets.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

namespace murmur {

DatasetRegistry& datasets() {
    static DatasetRegistry registry("dataset", register_all);
    return registry;
}

DatasetPair load_dataset(std::string_view text, std::uint64_t seed) {
    const auto chosen = datasets().select(text);
    return chosen.make(chosen.options, seed);
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

}  // namespace murmur
