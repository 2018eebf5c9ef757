#include "tests/fuzz/mutation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace murmur::fuzz {
namespace {

constexpr std::array<std::string_view, 24> kAwkward = {"0",
                                                       "-1",
                                                       "4294967295",
                                                       "4294967296",
                                                       "18446744073709551615",
                                                       "99999999999999999999",
                                                       "1e308",
                                                       "nan",
                                                       "inf",
                                                       "1e-320",
                                                       "",
                                                       " ",
                                                       "\n",
                                                       "\t",
                                                       ",",
                                                       ":",
                                                       "\r\n",
                                                       "\xff",
                                                       "\"",
                                                       "<",
                                                       "2147483648",
                                                       "-0",
                                                       "9223372036854775807",
                                                       "1000000000"};

void replace(Bytes& bytes, std::size_t begin, std::size_t end, std::string_view text) {
    const auto at = bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                                bytes.begin() + static_cast<std::ptrdiff_t>(end));
    bytes.insert(at, text.begin(), text.end());
}

/// Replaces the run of digits that begins at or behind a random place.
void replace_number(Bytes& bytes, RandomStream& random) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size()));
    const auto is_digit = [](std::uint8_t byte) { return std::isdigit(byte) != 0; };
    const auto begin = std::find_if(from, bytes.end(), is_digit);
    const auto end = std::find_if_not(begin, bytes.end(), is_digit);
    replace(bytes,
            static_cast<std::size_t>(begin - bytes.begin()),
            static_cast<std::size_t>(end - bytes.begin()),
            kAwkward[random.below(kAwkward.size())]);
}

void repeat_part(Bytes& bytes, RandomStream& random) {
    const std::size_t begin = random.below(bytes.size());
    const std::size_t size = 1 + random.below(std::min<std::size_t>(bytes.size() - begin, 64));
    const Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                     bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size() + 1));
    bytes.insert(at, part.begin(), part.end());
}

void change(Bytes& bytes, RandomStream& random) {
    if (bytes.empty()) {
        bytes.push_back(static_cast<std::uint8_t>(random()));
        return;
    }
    const std::size_t at = random.below(bytes.size());
    switch (random.below(8)) {
        case 0:
            bytes[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
            break;
        case 1:
            bytes[at] = static_cast<std::uint8_t>(random());
            break;
        case 2:
            bytes[at] = random.below(2) == 0 ? 0 : 0xff;
            break;
        case 3:
            replace(bytes, at, std::min(bytes.size(), at + 1 + random.below(8)), "");
            break;
        case 4:
            replace(bytes, at, at, kAwkward[random.below(kAwkward.size())]);
            break;
        case 5:
            replace_number(bytes, random);
            break;
        case 6:
            repeat_part(bytes, random);
            break;
        default:
            bytes.resize(at);
    }
}

}  // namespace

Bytes mutate(std::span<const Bytes> seeds, RandomStream& random) {
    Bytes bytes = seeds[random.below(seeds.size())];
    if (random.below(16) == 0) {
        const Bytes& other = seeds[random.below(seeds.size())];
        bytes.resize(random.below(bytes.size() + 1));
        const auto from = static_cast<std::ptrdiff_t>(random.below(other.size() + 1));
        bytes.insert(bytes.end(), other.begin() + from, other.end());
    }
    for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes) {
        change(bytes, random);
    }
    return bytes;
}

}  // namespace murmur::fuzz
