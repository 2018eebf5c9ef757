// The stated error bounds of codecs that shorten each value: float16, bfloat16, fpzip with bits.
#include "learning/codec.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/codec_inputs.h"

#include <cmath>
#include <fpzip.h>
#include <limits>
#include <string>

namespace murmur {
namespace {

std::vector<float> round_trip(std::string_view spec, const std::vector<float>& values) {
    const auto codec = make_codec(spec).values;
    std::vector<float> decoded(values.size());
    codec->decode(codec->encode(values, 0), decoded);
    return decoded;
}

float round_trip(std::string_view spec, float value) {
    return round_trip(spec, std::vector<float>{value}).front();
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Checks NaN, infinity and zero, then |decoded - value| <= relative |value| + absolute below
/// `most`.
void check_bound(std::string_view spec, double relative, double absolute, float most) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const std::vector<float> values = adversarial_floats(seed, 2000);
        const std::vector<float> decoded = round_trip(spec, values);
        for (std::size_t i = 0; i < values.size(); ++i) {
            INFO(spec << ", seed " << seed << ", value " << values[i] << " -> " << decoded[i]);
            if (std::isnan(values[i])) {
                // Cutting bits makes infinity of a signaling NaN: its quiet bit is not set.
                REQUIRE((std::isnan(decoded[i]) || spec.starts_with("fpzip")));
                continue;
            }
            REQUIRE(std::signbit(decoded[i]) == std::signbit(values[i]));
            if (std::isinf(values[i])) {
                REQUIRE(decoded[i] == values[i]);
            } else if (std::abs(values[i]) <= most) {
                const double error = std::abs(static_cast<double>(decoded[i]) - values[i]);
                REQUIRE(error <= std::max(relative * std::abs(values[i]), absolute));
            }
        }
    }
}

TEST_CASE("float16 is off by at most 2^-11 of the value, 2^-25 where that is denormal") {
    check_bound("float16", 0x1p-11, 0x1p-25, 65504);
}

TEST_CASE("bfloat16 is off by at most 2^-8 of the value, 2^-134 where that is denormal") {
    check_bound("bfloat16", 0x1p-8, 0x1p-134, 3.38e38f);
}

TEST_CASE("fpzip with p bits is off by less than 2^(9 - p) of the value") {
    for (int bits = 10; bits <= 32; ++bits) {
        check_bound("fpzip:bits=" + std::to_string(bits),
                    std::ldexp(1, 9 - bits),
                    std::ldexp(1, 9 - bits - 126),
                    std::numeric_limits<float>::max());
    }
}

TEST_CASE("halves round to nearest, ties to even, and overflow to infinity") {
    // Expectation: from the formats; 2049 lies between 2048 and 2050, 2051 between 2050 and 2052.
    CHECK(round_trip("float16", 2049) == 2048);
    CHECK(round_trip("float16", 2051) == 2052);
    CHECK(round_trip("float16", 65504) == 65504);
    CHECK(round_trip("float16", 65519.99f) == 65504);
    CHECK(round_trip("float16", 65520) == kInfinity);
    CHECK(round_trip("float16", 0x1p-24f) == 0x1p-24f);
    CHECK(round_trip("float16", 0x1p-25f) == 0);
    CHECK(round_trip("float16", 0x1.8p-24f) == 0x1p-23f);
    CHECK(round_trip("bfloat16", 257) == 256);
    CHECK(round_trip("bfloat16", 259) == 260);
    CHECK(round_trip("bfloat16", std::numeric_limits<float>::max()) == kInfinity);
    for (const char* spec : {"float16", "bfloat16", "fpzip:bits=10"}) {
        CAPTURE(spec);
        CHECK(std::isnan(round_trip(spec, std::numeric_limits<float>::quiet_NaN())));
        CHECK(round_trip(spec, -kInfinity) == -kInfinity);
        CHECK(std::signbit(round_trip(spec, -0.0f)));
    }
}

TEST_CASE("fpzip cuts towards zero") {
    CHECK(round_trip("fpzip:bits=10", 1.99f) == 1.5f);
    CHECK(round_trip("fpzip:bits=10", -1.99f) == -1.5f);
    CHECK(round_trip("fpzip:bits=16", 1.0f + 0x1p-7f) == 1.0f + 0x1p-7f);
    CHECK(round_trip("fpzip:bits=16", 1.0f + 0x1p-8f) == 1.0f);
}

TEST_CASE("fpzip is decoded as its own library does") {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const int bits = 10 + static_cast<int>(seed % 23);
        const std::vector<float> values = adversarial_floats(seed, 1 + 7 * seed % 2500);
        const auto codec = make_codec("fpzip:bits=" + std::to_string(bits)).values;
        const Bytes bytes = codec->encode(values, 0);
        std::vector<float> ours(values.size());
        codec->decode(bytes, ours);

        std::vector<float> theirs(values.size());
        FPZ* const stream = fpzip_read_from_buffer(bytes.data());
        stream->prec = bits;
        stream->nx = static_cast<int>(values.size());
        const std::size_t read = fpzip_read(stream, theirs.data());
        fpzip_read_close(stream);
        INFO("seed " << seed << ", bits " << bits);
        REQUIRE(read == bytes.size());
        REQUIRE(bits_of(ours) == bits_of(theirs));
    }
}

}  // namespace
}  // namespace murmur
