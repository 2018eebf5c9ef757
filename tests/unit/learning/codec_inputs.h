#pragma once

#include "learning/random_stream.h"

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace murmur {

/// Floats that codecs stumble over: both zeros, denormals, the ends of the range, infinities, NaN
/// quiet and signaling, with payloads and signs.
inline std::vector<float> special_floats() {
    constexpr std::array<std::uint32_t, 20> kBits = {
        0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000,
        0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001,
        0xffbfffff, 0x7fffffff, 0x3f800000, 0xbf7fffff, 0x33800000, 0x7f7f8000};
    std::vector<float> floats;
    for (const std::uint32_t bits : kBits) {
        floats.push_back(std::bit_cast<float>(bits));
    }
    return floats;
}

/// Returns `count` floats of the kind that `seed` picks: any bits, special ones, parameters of a
/// model, runs of one value, or magnitudes over the whole range.
inline std::vector<float> adversarial_floats(std::uint64_t seed, std::size_t count) {
    RandomStream random(stream_seed(seed, "adversarial floats"));
    const std::vector<float> special = special_floats();
    std::vector<float> floats(count);
    float previous = 0;
    for (float& value : floats) {
        switch (seed % 5) {
            case 0:
                value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
                break;
            case 1:
                value = special[random.below(special.size())];
                break;
            case 2:
                value = static_cast<float>(0.05 * random.normal());
                break;
            case 3:
                value = random.below(50) == 0 ? static_cast<float>(random.normal()) : previous;
                break;
            default:
                value = std::bit_cast<float>(static_cast<std::uint32_t>(random.below(0x7f800000)));
        }
        previous = value;
    }
    return floats;
}

/// Returns the strictly ascending indices below `bound` that are drawn with this probability each.
inline std::vector<std::uint32_t> random_indices(std::uint64_t seed,
                                                 std::uint32_t bound,
                                                 double probability) {
    RandomStream random(stream_seed(seed, "indices"));
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = 0; i < bound; ++i) {
        if (random.uniform() < probability) {
            indices.push_back(i);
        }
    }
    return indices;
}

/// The bits of floats, to compare what == takes for equal (zeros) or never for equal (NaN).
inline std::vector<std::uint32_t> bits_of(const std::vector<float>& floats) {
    std::vector<std::uint32_t> bits;
    for (const float value : floats) {
        bits.push_back(std::bit_cast<std::uint32_t>(value));
    }
    return bits;
}

}  // namespace murmur
