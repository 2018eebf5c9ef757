#pragma once

#include "learning/codecs/little_endian.h"
#include "tests/fuzz/targets.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace murmur::fuzz {

// Inputs that begin with numbers: lengths that travel beside an encoding, 4 bytes each.

/// Returns the words, then the encoding.
[[nodiscard]] inline Bytes input(std::span<const std::uint32_t> words,
                                 std::span<const std::uint8_t> encoding) {
    const std::size_t head = sizeof(std::uint32_t) * words.size();
    Bytes bytes(head + encoding.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        store_little_endian(words[i], &bytes[sizeof(std::uint32_t) * i]);
    }
    std::ranges::copy(encoding, bytes.begin() + static_cast<std::ptrdiff_t>(head));
    return bytes;
}

/// Takes a word off the front; 0 where there is none.
[[nodiscard]] inline std::uint32_t take_word(std::span<const std::uint8_t>& bytes) {
    if (bytes.size() < sizeof(std::uint32_t)) {
        return 0;
    }
    const auto word = load_little_endian<std::uint32_t>(bytes.data());
    bytes = bytes.subspan(sizeof(std::uint32_t));
    return word;
}

/// Takes so many words off the front, or as many as there are.
[[nodiscard]] inline std::vector<std::uint32_t> take_words(std::span<const std::uint8_t>& bytes,
                                                           std::size_t count) {
    std::vector<std::uint32_t> words;
    while (words.size() < count && bytes.size() >= sizeof(std::uint32_t)) {
        words.push_back(take_word(bytes));
    }
    return words;
}

/// Takes so many bytes off the front, or as many as there are.
[[nodiscard]] inline Bytes take_bytes(std::span<const std::uint8_t>& bytes, std::size_t count) {
    const auto taken = bytes.first(std::min(count, bytes.size()));
    bytes = bytes.subspan(taken.size());
    return {taken.begin(), taken.end()};
}

}  // namespace murmur::fuzz
