#pragma once

#include <cstdint>
#include <string_view>

namespace murmur {

/// The numbers of FNV-1a for 64 bits.
inline constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
inline constexpr std::uint64_t kHashPrime = 0x100000001b3;

/// Returns the FNV-1a hash of a text: short, and the same on every machine, unlike std::hash.
[[nodiscard]] constexpr std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = kHashStart;
    for (const char character : text) {
        hash = (hash ^ static_cast<unsigned char>(character)) * kHashPrime;
    }
    return hash;
}

}  // namespace murmur
