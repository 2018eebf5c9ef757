// Quantization of vectors: the scale comes from all values of a bucket.
#include "learning/codec.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/codec_inputs.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace murmur {
namespace {

std::vector<float> round_trip(const ValueCodec& codec,
                              const std::vector<float>& values,
                              std::uint64_t seed) {
    std::vector<float> decoded(values.size());
    codec.decode(codec.encode(values, seed), decoded);
    return decoded;
}

std::vector<float> normal_floats(std::uint64_t seed, std::size_t count) {
    RandomStream random(stream_seed(seed, "normal"));
    std::vector<float> values(count);
    for (float& value : values) {
        value = static_cast<float>(random.normal());
    }
    return values;
}

double squared_norm(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) {
        sum += static_cast<double>(value) * value;
    }
    return sum;
}

TEST_CASE("QSGD is unbiased, and its variance within the bound of the paper") {
    // Expectation: E Q(v) = v and E ||Q(v) - v||^2 <= min(n / s^2, sqrt(n) / s) ||v||^2
    // [Alistarh, 2017, lemma 3.1], here n = 64.  The mean of T draws of one entry has a standard
    // error of at most ||v|| / (2 s sqrt(T)); 5 of them are exceeded by 64 entries once in 27,000.
    constexpr int kDraws = 4000;
    const std::vector<float> values = normal_floats(1, 64);
    const double norm = std::sqrt(squared_norm(values));
    for (const int levels : {1, 2, 4, 16, 100}) {
        CAPTURE(levels);
        const auto codec = make_codec("qsgd:bucket=64,levels=" + std::to_string(levels)).values;
        std::vector<double> mean(values.size());
        double variance = 0;
        for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
            const std::vector<float> decoded =
                round_trip(*codec, values, stream_seed(2, "q", draw));
            for (std::size_t i = 0; i < values.size(); ++i) {
                mean[i] += static_cast<double>(decoded[i]) / kDraws;
                variance += std::pow(static_cast<double>(decoded[i]) - values[i], 2) / kDraws;
            }
        }
        const double tolerance = 5 * norm / (2 * levels * std::sqrt(double{kDraws}));
        for (std::size_t i = 0; i < values.size(); ++i) {
            REQUIRE(std::abs(mean[i] - values[i]) < tolerance);
        }
        const double bound = std::min(64.0 / (levels * levels), 8.0 / levels) * norm * norm;
        CHECK(variance <= bound);
        // Exactly: the sum of (place - below)(above - place) (||v|| / s)^2 over all entries.
        double exact = 0;
        for (const float value : values) {
            const double place = std::abs(value) / norm * levels;
            const double part = place - std::floor(place);
            exact += part * (1 - part) * norm * norm / (levels * levels);
        }
        CHECK(variance == doctest::Approx(exact).epsilon(0.05));
    }
}

TEST_CASE("QSGD gives levels of the norm of their own bucket") {
    std::vector<float> values = normal_floats(3, 10);
    for (std::size_t i = 5; i < 10; ++i) {
        values[i] *= 1000;
    }
    const auto codec = make_codec("qsgd:levels=4,bucket=5").values;
    const std::vector<float> decoded = round_trip(*codec, values, 1);
    for (std::size_t i = 0; i < 10; ++i) {
        const std::span<const float> bucket(&values[i / 5 * 5], 5);
        const double unit = static_cast<float>(std::sqrt(squared_norm(bucket))) / 4.0;
        const double level = decoded[i] / unit;
        CHECK(level == doctest::Approx(std::round(level)).epsilon(1e-6));
        CHECK(std::abs(decoded[i] - values[i]) <= unit * 1.000001);
    }
}

/// Returns a number of the bits of `bytes`, the highest of a byte first.
std::uint32_t bits_at(const Bytes& bytes, std::size_t first, unsigned width) {
    std::uint32_t number = 0;
    for (std::size_t bit = first; bit < first + width; ++bit) {
        number = number << 1 | (bytes.at(bit / 8) >> (7 - bit % 8) & 1U);
    }
    return number;
}

TEST_CASE("QSGD writes and reads value by value what its definition says") {
    // Expectation: each bucket its norm, then for each value a sign and the whole part of
    // s |v| / ||v|| + u; a draw of the stream gives the u of two values, the lower half first, and
    // no draw serves two buckets.
    for (const std::uint32_t levels : {1U, 2U, 5U, 16U, 127U, 1'000U, 32'767U}) {
        for (const std::size_t bucket : {1U, 3U, 64U, 511U, 512U, 1'025U}) {
            CAPTURE(levels);
            CAPTURE(bucket);
            const std::vector<float> values = normal_floats(levels + bucket, 1'300);
            const auto codec = make_codec("qsgd:levels=" + std::to_string(levels) +
                                          ",bucket=" + std::to_string(bucket))
                                   .values;
            const Bytes bytes = codec->encode(values, 11);
            std::vector<float> decoded(values.size());
            codec->decode(bytes, decoded);
            const auto width = static_cast<unsigned>(std::bit_width(levels));
            RandomStream random(11);
            std::size_t place = 0;
            double norm = 0;
            std::uint64_t draw = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                const std::size_t within = i % bucket;
                if (within == 0) {
                    norm = std::bit_cast<float>(bits_at(bytes, place, 32));
                    place += 32;
                    const std::size_t size = std::min(bucket, values.size() - i);
                    const double exact =
                        std::sqrt(squared_norm(std::span(values).subspan(i, size)));
                    REQUIRE(norm == doctest::Approx(exact).epsilon(1e-7));
                }
                draw = within % 2 == 0 ? random() : draw >> 32;
                const double uniform = static_cast<double>(draw & 0xffffffffU) * 0x1p-32;
                const double sum = std::abs(double{values[i]}) * (levels / norm) + uniform;
                const std::uint32_t level = std::min(static_cast<std::uint32_t>(sum), levels);
                REQUIRE(bits_at(bytes, place, 1) == (std::signbit(values[i]) ? 1U : 0U));
                REQUIRE(bits_at(bytes, place + 1, width) == level);
                place += 1 + width;
                const auto expected = static_cast<float>(norm / levels * level);
                REQUIRE(decoded[i] == std::copysign(expected, values[i]));
            }
        }
    }
}

TEST_CASE("QSGD keeps what is a level already, and draws from its stream alone") {
    const auto codec = make_codec("qsgd:levels=4,bucket=2").values;
    const std::vector<float> levels = {3, 0, 0, -5, 0, 0, 1e-45f, 0, 0, 3e38f};
    CHECK(round_trip(*codec, levels, 1) == levels);
    const std::vector<float> values = normal_floats(4, 100);
    CHECK(codec->encode(values, 1) == codec->encode(values, 1));
    CHECK(codec->encode(values, 1) != codec->encode(values, 2));
}

TEST_CASE("sizes of QSGD and uniform quantization are those of the bits") {
    // Expectation: 89,834 values, 176 buckets of 512: 32 * 176 + 89,834 * (1 + 5) bits; levels of
    // 0 ... 15 take 4 bits.
    CHECK(make_codec("qsgd").values->encoded_bytes(89834) == (32 * 176 + 89834 * 6 + 7) / 8);
    CHECK(make_codec("qsgd:levels=15").values->encoded_bytes(89834) ==
          (32 * 176 + 89834 * 5 + 7) / 8);
    CHECK(make_codec("uniform").values->encoded_bytes(89834) == 4 + 89834);
    CHECK(make_codec("uniform:bits=3").values->encoded_bytes(10) == (32 + 30 + 7) / 8);
}

TEST_CASE("a bucket with a value that is not finite is NaN throughout, the others are not") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const auto codec = make_codec("qsgd:bucket=2").values;
    const std::vector<float> decoded =
        round_trip(*codec, {1, nan, -infinity, 1, 3e38f, 3e38f, 1, 0}, 1);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(std::isnan(decoded[i]));
    }
    CHECK(decoded[6] == 1);
    CHECK(decoded[7] == 0);
    for (const float bad : {nan, infinity, -infinity}) {
        for (const float value : round_trip(*make_codec("uniform").values, {1, bad, 2}, 1)) {
            CHECK(std::isnan(value));
        }
    }
}

TEST_CASE("uniform quantization is off by at most half a step of the largest magnitude") {
    for (const int bits : {2, 3, 8, 12, 16}) {
        const auto codec = make_codec("uniform:bits=" + std::to_string(bits)).values;
        const double steps = (1 << (bits - 1)) - 1;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            std::vector<float> values = normal_floats(seed, 300);
            values[7] = 0;
            float largest = 0;
            for (const float value : values) {
                largest = std::max(largest, std::abs(value));
            }
            const std::vector<float> decoded = round_trip(*codec, values, seed);
            CAPTURE(bits);
            for (std::size_t i = 0; i < values.size(); ++i) {
                // Rounding to float32 adds 2^-24 of the value.
                const double bound = largest / (2 * steps) * (1 + 1e-6) + largest * 0x1p-24;
                REQUIRE(std::abs(static_cast<double>(decoded[i]) - values[i]) <= bound);
            }
            CHECK(decoded[7] == 0);
            // It is decoded with the scale that it was encoded with: the largest stays.
            CHECK(*std::max_element(decoded.begin(), decoded.end()) <= largest);
            const bool has_largest = std::any_of(decoded.begin(), decoded.end(), [&](float value) {
                return std::abs(value) == largest;
            });
            CHECK(has_largest);
        }
    }
}

TEST_CASE("zeros stay zeros") {
    for (const char* spec : {"qsgd", "uniform"}) {
        for (const float value : round_trip(*make_codec(spec).values, std::vector<float>(600), 1)) {
            REQUIRE(value == 0);
        }
    }
}

TEST_CASE("numbers that no encoder writes are refused with what is wrong") {
    std::vector<float> values(1);
    const auto qsgd = make_codec("qsgd:levels=5").values;
    // 32 bits of norm, a sign, 3 bits of level, 4 bits of filling.
    CHECK_THROWS_WITH_AS(qsgd->decode(Bytes{0x3f, 0x80, 0, 0, 0x60}, values),
                         "codec qsgd: a level is out of range, got 6, allowed 0 ... 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH(qsgd->decode(Bytes{0xbf, 0x80, 0, 0, 0x10}, values),
                      "codec qsgd: a norm is out of range, got -1");
    CHECK_THROWS_WITH(qsgd->decode(Bytes{0x3f, 0x80, 0, 0, 0x11}, values),
                      "codec qsgd: bits follow where all values are read, of 5 bytes");
    CHECK_THROWS_WITH(qsgd->decode(Bytes{0x3f, 0x80, 0, 0}, values),
                      "codec qsgd: wrong length, got 4 bytes, allowed 5");
    qsgd->decode(Bytes{0x3f, 0x80, 0, 0, 0xd0}, values);
    CHECK(values.front() == -1);
    const auto uniform = make_codec("uniform:bits=4").values;
    CHECK_THROWS_WITH(uniform->decode(Bytes{0x3f, 0x80, 0, 0, 0xf0}, values),
                      "codec uniform: a step is out of range, got 15, allowed 0 ... 14");
    CHECK_THROWS_WITH(uniform->decode(Bytes{0x7f, 0x80, 0, 0, 0x70}, values),
                      "codec uniform: the scale is out of range, got inf");
}

}  // namespace
}  // namespace murmur
