#include "learning/codec.h"
#include "learning/random_stream.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/words.h"

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <string>

namespace murmur::fuzz {
namespace {

// An input is the count (and for indices the bound) and the encoding behind them.
// Whoever decodes knows how many there are: no more than a large model has.  Values have their room
// already; indices that follow each other closely may well take a byte for thousands.
constexpr std::uint32_t kMostValues = 1 << 16;
constexpr std::uint32_t kMostIndices = 1 << 22;

Target value_target(const std::string& name, const std::string& spec) {
    const auto codec = make_codec(spec).values;
    const auto read = [codec](std::span<const std::uint8_t> bytes) {
        std::vector<float> values(take_word(bytes) % kMostValues);
        codec->decode(bytes, values);
    };
    const auto seeds = [codec] {
        std::vector<Bytes> all;
        for (const std::uint32_t count : {0u, 1u, 5u, 100u, 1500u}) {
            RandomStream random(stream_seed(1, "fuzz values", count));
            std::vector<float> values(count);
            for (float& value : values) {
                value = count == 100 ? 1.0f : static_cast<float>(random.normal());
            }
            all.push_back(input(std::array{count}, codec->encode(values, count)));
        }
        return all;
    };
    return {"values-" + name, read, seeds};
}

Target index_target(const std::string& name) {
    const auto codec = make_codec(name).indices;
    const auto read = [codec](std::span<const std::uint8_t> bytes) {
        const std::uint32_t count = take_word(bytes) % kMostIndices;
        const std::uint32_t bound = take_word(bytes);
        const std::vector<std::uint32_t> indices = codec->decode(bytes, count, bound);
        // Ascending means that none is followed by one that is not above it.
        const bool ascend =
            std::ranges::adjacent_find(indices, std::greater_equal<>()) == indices.end();
        if (indices.size() != count || !ascend || (count > 0 && indices.back() >= bound)) {
            throw std::logic_error("decoded what is no set of indices");
        }
    };
    const auto seeds = [codec] {
        std::vector<Bytes> all;
        for (const std::uint32_t step : {1u, 2u, 10u, 1000u}) {
            RandomStream random(stream_seed(1, "fuzz indices", step));
            std::vector<std::uint32_t> indices;
            for (std::uint32_t index = 0; index < 300 * step;
                 index += 1 + random.below(2 * step - 1)) {
                indices.push_back(index);
            }
            const auto count = static_cast<std::uint32_t>(indices.size());
            all.push_back(input(std::array{count, indices.back() + 1}, codec->encode(indices)));
        }
        all.push_back(input(std::array{0u, 1u}, codec->encode({})));
        return all;
    };
    return {"indices-" + name, read, seeds};
}

}  // namespace

std::vector<Target> codec_targets() {
    std::vector<Target> targets;
    for (const char* name : {"raw", "elias", "lz4", "zstd"}) {
        targets.push_back(index_target(name));
    }
    for (const char* name :
         {"raw", "lz4", "zstd", "float16", "bfloat16", "fpzip", "qsgd", "uniform"}) {
        targets.push_back(value_target(name, name));
    }
    targets.push_back(value_target("fpzip-16", "fpzip:bits=16"));
    targets.push_back(value_target("qsgd-5", "qsgd:levels=5,bucket=7"));
    return targets;
}

}  // namespace murmur::fuzz
