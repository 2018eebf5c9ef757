#include "learning/codec.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/codec_inputs.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace murmur {
namespace {

/// Packs a text of 0 and 1 (blanks apart) as bits, the highest of a byte first.
Bytes bits(std::string_view text) {
    Bytes bytes;
    unsigned used = 0;
    for (const char digit : text) {
        if (digit == ' ') {
            continue;
        }
        if (used % 8 == 0) {
            bytes.push_back(0);
        }
        bytes.back() |= static_cast<std::uint8_t>((digit - '0') << (7 - used % 8));
        ++used;
    }
    return bytes;
}

Bytes encode(const std::vector<std::uint32_t>& indices) {
    return make_codec("elias").indices->encode(indices);
}

std::vector<std::uint32_t> decode(std::string_view text, std::size_t count, std::uint32_t bound) {
    return make_codec("elias").indices->decode(bits(text), count, bound);
}

TEST_CASE("Elias gamma codes of gaps, worked out by hand") {
    // Expectation, from the definition: 1 = 1, 2 = 010, 3 = 011, 4 = 00100, 5 = 00101, 8 = 0001000,
    // 17 = 000010001; the first gap counts from -1.
    CHECK(encode({}).empty());
    CHECK(encode({0}) == bits("1"));
    CHECK(encode({1}) == bits("010"));
    CHECK(encode({2}) == bits("011"));
    CHECK(encode({3}) == bits("00100"));
    CHECK(encode({4}) == bits("00101"));
    CHECK(encode({0, 1, 2, 3, 4, 5, 6, 7}) == bits("11111111"));
    CHECK(encode({0, 2, 5, 9, 14}) == bits("1 010 011 00100 00101"));
    CHECK(encode({7, 24}) == bits("0001000 000010001"));
    // 2^32 - 1, the gap to the last index there is: 31 zeros, then 32 ones.
    CHECK(encode({0xfffffffe}) == bits(std::string(31, '0') + std::string(32, '1')));
}

TEST_CASE("Elias gamma codes are read back, and only those") {
    CHECK(decode("", 0, 10).empty());
    CHECK(decode("1 010 011 00100 00101", 5, 15) == std::vector<std::uint32_t>{0, 2, 5, 9, 14});
    CHECK_THROWS_WITH_AS(static_cast<void>(decode("1 010 011", 3, 5)),
                         "codec elias: index 2 is out of range, got 2 past 3, allowed below 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH(static_cast<void>(decode("1 010 011 1", 3, 9)),
                      "codec elias: bits follow where all values are read, of 1 bytes");
    CHECK_THROWS_WITH(static_cast<void>(decode("1 00001", 2, 99)),
                      "codec elias: truncated, got 1 bytes, allowed more");
    CHECK_THROWS_WITH(static_cast<void>(decode("1", 2, 99)),
                      "codec elias: no number has so many leading zeros, in 1 bytes");
    CHECK_THROWS_WITH(static_cast<void>(decode(std::string(33, '0') + std::string(39, '1'), 1, 99)),
                      "codec elias: no number has so many leading zeros, in 9 bytes");
    CHECK_THROWS_WITH(static_cast<void>(decode("1111", 9, 8)),
                      "codec elias: too many indices, got 9, allowed 0 ... 8");
}

/// Decodes as the definition says, bit by bit.
std::vector<std::uint32_t> decode_slowly(const Bytes& bytes, std::size_t count) {
    std::size_t place = 0;
    const auto next_bit = [&] {
        const std::uint32_t bit = bytes.at(place / 8) >> (7 - place % 8) & 1U;
        ++place;
        return bit;
    };
    std::vector<std::uint32_t> indices;
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        int zeros = 0;
        while (next_bit() == 0) {
            ++zeros;
        }
        std::uint32_t gap = 1;
        for (int bit = 0; bit < zeros; ++bit) {
            gap = 2 * gap + next_bit();
        }
        next += gap;
        indices.push_back(next - 1);
    }
    return indices;
}

TEST_CASE("Elias gamma codes of any length, in any company, are read as the definition says") {
    const auto codec = make_codec("elias").indices;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        // From nearly every index to one in ten thousand.
        const double density = std::pow(10.0, -static_cast<double>(seed % 41) / 10);
        const auto bound = static_cast<std::uint32_t>(40 / density) + 7;
        const std::vector<std::uint32_t> indices = random_indices(seed, bound, density);
        const Bytes bytes = codec->encode(indices);
        CAPTURE(seed);
        CAPTURE(density);
        REQUIRE(decode_slowly(bytes, indices.size()) == indices);
        REQUIRE(codec->decode(bytes, indices.size(), bound) == indices);
        if (!indices.empty()) {
            // A bound that the last index reaches.
            REQUIRE_THROWS_AS(
                static_cast<void>(codec->decode(bytes, indices.size(), indices.back())),
                std::invalid_argument);
        }
    }
}

TEST_CASE("a tenth of the parameters of GN-LeNet takes 5.7 bits an index") {
    // Expectation: gaps are geometric with p = 0.1, a code of gap g takes 2 floor(log2 g) + 1 bits:
    // sum over g of 0.1 * 0.9^(g - 1) * (2 floor(log2 g) + 1).
    double expected = 0;
    for (unsigned gap = 1; gap < 1000; ++gap) {
        expected += 0.1 * std::pow(0.9, gap - 1.0) * (2.0 * std::floor(std::log2(gap)) + 1);
    }
    CHECK(expected == doctest::Approx(5.7).epsilon(0.01));
    const std::vector<std::uint32_t> indices = random_indices(9, 89834, 0.1);
    const double measured = 8.0 * encode(indices).size() / indices.size();
    CHECK(measured == doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("Zstandard comes close to the entropy of the gaps") {
    // Expectation: a geometric number with p = 0.1 has h(0.1) / 0.1 = 4.69 bits of entropy.
    const std::vector<std::uint32_t> indices = random_indices(9, 89834, 0.1);
    const double measured =
        8.0 * make_codec("zstd").indices->encode(indices).size() / indices.size();
    CHECK(measured > 4.6);
    CHECK(measured < 4.9);
}

}  // namespace
}  // namespace murmur
