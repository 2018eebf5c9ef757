#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace murmur {

// Words lie on the wire with their lowest byte first, on every machine.

template <class Word>
void store_little_endian(Word word, std::uint8_t* to) {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(to, &word, sizeof(Word));
    } else {
        for (std::size_t i = 0; i < sizeof(Word); ++i) {
            to[i] = static_cast<std::uint8_t>(word >> (8 * i));
        }
    }
}

template <class Word>
[[nodiscard]] Word load_little_endian(const std::uint8_t* from) {
    Word word = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&word, from, sizeof(Word));
    } else {
        for (std::size_t i = 0; i < sizeof(Word); ++i) {
            word = static_cast<Word>(word | Word{from[i]} << (8 * i));
        }
    }
    return word;
}

inline void store_float(float value, std::uint8_t* to) {
    store_little_endian(std::bit_cast<std::uint32_t>(value), to);
}

[[nodiscard]] inline float load_float(const std::uint8_t* from) {
    return std::bit_cast<float>(load_little_endian<std::uint32_t>(from));
}

}  // namespace murmur
