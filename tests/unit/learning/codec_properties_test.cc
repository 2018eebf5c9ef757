// What holds for every codec: round trips, sizes, and bytes that no encoder wrote.
#include "learning/codec.h"
#include "tests/support/doctest.h"
#include "tests/unit/learning/codec_inputs.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace murmur {
namespace {

constexpr std::array kIndexCodecs = {"raw", "elias", "lz4", "zstd", "zstd:level=19"};
constexpr std::array kLosslessCodecs = {"raw", "lz4", "zstd", "fpzip", "fpzip:bits=32"};
constexpr std::array kValueCodecs = {"raw",
                                     "lz4",
                                     "zstd",
                                     "float16",
                                     "bfloat16",
                                     "fpzip",
                                     "fpzip:bits=17",
                                     "fpzip:bits=10",
                                     "qsgd",
                                     "qsgd:levels=1,bucket=3",
                                     "qsgd:levels=32767,bucket=64",
                                     "uniform",
                                     "uniform:bits=2",
                                     "uniform:bits=16"};
constexpr std::uint32_t kLargestBound = 0xffffffff;

/// Index sets with their bounds: none, one, neighbors, the ends of the range, all, drawn ones.
std::vector<std::pair<std::vector<std::uint32_t>, std::uint32_t>> index_sets() {
    std::vector<std::uint32_t> all(300);
    std::iota(all.begin(), all.end(), 0);
    return {{{}, 0},
            {{}, 100},
            {{0}, 1},
            {{99}, 100},
            {{0}, kLargestBound},
            {{kLargestBound - 1}, kLargestBound},
            {{0, kLargestBound - 1}, kLargestBound},
            {{7, 8, 9, 1u << 31, (1u << 31) + 1}, kLargestBound},
            {all, 300},
            {random_indices(1, 5000, 0.001), 5000},
            {random_indices(2, 5000, 0.1), 5000},
            {random_indices(3, 5000, 0.99), 5000}};
}

TEST_CASE("indices come back as they were") {
    for (const char* spec : kIndexCodecs) {
        const auto codec = make_codec(spec).indices;
        for (const auto& [indices, bound] : index_sets()) {
            CAPTURE(spec);
            CAPTURE(indices.size());
            const Bytes bytes = codec->encode(indices);
            CHECK(codec->encoded_bytes(indices.size()).value_or(bytes.size()) == bytes.size());
            CHECK(codec->decode(bytes, indices.size(), bound) == indices);
        }
    }
}

TEST_CASE("lossless codecs keep every bit of every float") {
    for (const char* spec : kLosslessCodecs) {
        const auto codec = make_codec(spec).values;
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const std::vector<float> values = adversarial_floats(seed, seed < 5 ? 3000 : seed);
            std::vector<float> decoded(values.size());
            codec->decode(codec->encode(values, seed), decoded);
            INFO("codec " << spec << ", seed " << seed);
            REQUIRE(bits_of(decoded) == bits_of(values));
        }
    }
}

TEST_CASE("an encoding has the size that its codec foretells, and is the same again") {
    for (const char* spec : kValueCodecs) {
        const auto codec = make_codec(spec).values;
        for (const std::size_t count : {0, 1, 2, 3, 63, 64, 65, 511, 512, 513, 2000}) {
            const std::vector<float> values = adversarial_floats(count, count);
            const Bytes bytes = codec->encode(values, 7);
            INFO("codec " << spec << ", count " << count);
            CHECK(codec->encoded_bytes(count).value_or(bytes.size()) == bytes.size());
            CHECK(make_codec(spec).values->encode(values, 7) == bytes);
        }
        CHECK(codec->encoded_bytes(0) == 0);
    }
}

/// The most memory that this process has held so far.
std::size_t peak_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return 1024 * static_cast<std::size_t>(usage.ru_maxrss);
}

/// Decodes bytes that may be no encoding: that throws std::invalid_argument, or gives values.
/// Returns whether it threw; anything else ends the test.
bool is_refused(const ValueCodec& codec, const Bytes& bytes, std::size_t count) {
    // A copy of the exact size, so that the address sanitizer sees any byte read past it.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    std::vector<float> values(count);
    try {
        codec.decode(exact, values);
    } catch (const std::invalid_argument& error) {
        CHECK(std::string_view(error.what()).starts_with("codec "));
        return true;
    }
    return false;
}

bool is_refused(const IndexCodec& codec,
                const Bytes& bytes,
                std::size_t count,
                std::uint32_t bound) {
    try {
        const auto indices = codec.decode(bytes, count, bound);
        REQUIRE(indices.size() == count);
        CHECK(std::is_sorted(indices.begin(), indices.end(), std::less_equal<>()));
        CHECK((indices.empty() || indices.back() < bound));
    } catch (const std::invalid_argument& error) {
        CHECK(std::string_view(error.what()).starts_with("codec "));
        return true;
    }
    return false;
}

TEST_CASE("truncated and extended encodings of values are refused") {
    for (const char* spec : kValueCodecs) {
        const auto codec = make_codec(spec).values;
        for (const std::size_t count : {1, 20, 600}) {
            const Bytes whole = codec->encode(adversarial_floats(2, count), 1);
            for (std::size_t size = 0; size < whole.size(); size += 1 + size / 20) {
                INFO("codec " << spec << ", " << size << " of " << whole.size() << " bytes");
                CHECK(is_refused(*codec, Bytes(whole.begin(), whole.begin() + size), count));
            }
            Bytes longer = whole;
            longer.push_back(0x5a);
            INFO("codec " << spec);
            CHECK(is_refused(*codec, longer, count));
            CHECK(is_refused(*codec, whole, 0));
        }
    }
}

TEST_CASE("truncated and extended encodings of indices are refused") {
    for (const char* spec : kIndexCodecs) {
        const auto codec = make_codec(spec).indices;
        const std::vector<std::uint32_t> indices = random_indices(4, 3000, 0.1);
        const Bytes whole = codec->encode(indices);
        for (std::size_t size = 0; size < whole.size(); size += 1 + size / 20) {
            INFO("codec " << spec << ", " << size << " of " << whole.size() << " bytes");
            CHECK(is_refused(
                *codec, Bytes(whole.begin(), whole.begin() + size), indices.size(), 3000));
        }
        Bytes longer = whole;
        longer.push_back(0x5a);
        INFO("codec " << spec);
        CHECK(is_refused(*codec, longer, indices.size(), 3000));
        CHECK(is_refused(*codec, whole, indices.size(), indices.back()));
        CHECK(is_refused(*codec, whole, indices.size() + 1, 3000));
        CHECK(is_refused(*codec, whole, indices.size() - 1, 3000));
    }
}

TEST_CASE("damaged encodings are refused or decoded, and nothing worse") {
    RandomStream random(stream_seed(5, "damage"));
    for (const char* spec : kValueCodecs) {
        const auto codec = make_codec(spec).values;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            Bytes bytes = codec->encode(adversarial_floats(seed, 40), seed);
            for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
                bytes[random.below(bytes.size())] ^=
                    static_cast<std::uint8_t>(1 + random.below(255));
            }
            static_cast<void>(is_refused(*codec, bytes, 40));
        }
    }
    for (const char* spec : kIndexCodecs) {
        const auto codec = make_codec(spec).indices;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            Bytes bytes = codec->encode(random_indices(seed, 400, 0.1));
            bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
            static_cast<void>(
                is_refused(*codec, bytes, random_indices(seed, 400, 0.1).size(), 400));
        }
    }
}

TEST_CASE("random bytes are refused or decoded, and nothing worse") {
    RandomStream random(stream_seed(6, "noise"));
    for (std::uint64_t trial = 0; trial < 500; ++trial) {
        Bytes bytes(random.below(100));
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(trial % 3 == 0 ? 0xff : random());
        }
        const std::size_t count = random.below(60);
        for (const char* spec : kValueCodecs) {
            static_cast<void>(is_refused(*make_codec(spec).values, bytes, count));
        }
        for (const char* spec : kIndexCodecs) {
            const auto bound = static_cast<std::uint32_t>(random());
            static_cast<void>(is_refused(*make_codec(spec).indices, bytes, count, bound));
        }
    }
}

TEST_CASE("a false count makes no memory") {
    // Expectation: 16 bytes hold at most 128 indices, or 16 * 32,768 compressed ones.
    const Bytes few(16, 0xff);
    for (const char* spec : kIndexCodecs) {
        CAPTURE(spec);
        for (const std::size_t count : {std::size_t{kLargestBound}, std::size_t{1} << 40}) {
            const std::size_t before = peak_bytes();
            CHECK(is_refused(*make_codec(spec).indices, few, count, kLargestBound));
            CHECK(peak_bytes() < before + (1 << 24));
        }
    }
}

}  // namespace
}  // namespace murmur
