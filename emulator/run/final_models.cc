#include "emulator/run/final_models.h"

#include "emulator/base/resource_usage.h"
#include "emulator/base/side_by_side.h"
#include "emulator/ranks/written.h"
#include "learning/value_io.h"

#include <cstdint>

namespace murmur {

std::string hash_of_all(Ranks* ranks,
                        const std::vector<Parameters>& parameters,
                        unsigned threads) {
    std::vector<std::uint64_t> hashes(parameters.size());
    side_by_side(parameters.size(), threads, [&](std::size_t node) {
        hashes[node] = parameters[node] ? parameter_hash(*parameters[node]) : 0;
    });
    if (ranks != nullptr) {
        ByteSink sink;
        for (std::size_t node = 0; node < hashes.size(); ++node) {
            if (parameters[node]) {
                sink.u64(node);
                sink.u64(hashes[node]);
            }
        }
        for (const Exchange::Bytes& bytes : ranks->gather(written(sink))) {
            ByteSource source(bytes);
            for (std::size_t i = 0; i < bytes.size() / (2 * sizeof(std::uint64_t)); ++i) {
                const std::uint64_t node = source.u64();
                hashes.at(node) = source.u64();
            }
        }
    }
    return combined_hash(hashes);
}

void bring_saved_to_recorder(Ranks& ranks,
                             const ModelSaving& saving,
                             std::vector<Parameters>& parameters) {
    ByteSink sink;
    std::uint64_t count = 0;
    for (std::size_t node = 0; node < parameters.size(); ++node) {
        count += parameters[node] && saving.has(static_cast<std::uint32_t>(node)) ? 1 : 0;
    }
    sink.u64(count);
    for (std::size_t node = 0; node < parameters.size() && !ranks.is_recorder(); ++node) {
        if (parameters[node] && saving.has(static_cast<std::uint32_t>(node))) {
            sink.u64(node);
            write_value(parameters[node], sink);
        }
    }
    const std::vector<Exchange::Bytes> all = ranks.gather(written(sink));
    for (unsigned rank = 1; rank < all.size(); ++rank) {
        ByteSource source(all[rank]);
        const std::uint64_t models = source.u64();
        for (std::uint64_t i = 0; i < models; ++i) {
            const std::uint64_t node = source.u64();
            parameters.at(node) = read_parameters(source);
        }
    }
}

}  // namespace murmur
