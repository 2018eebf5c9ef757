// What a message weighs, and whether a sender knows that before it is encoded.
#include "learning/random_stream.h"
#include "learning/sharing.h"
#include "tests/support/doctest.h"

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kParameters = 1'000;

Parameters normal_vector(std::uint64_t seed) {
    RandomStream stream(seed);
    std::vector<float> values(kParameters);
    for (float& value : values) {
        value = static_cast<float>(stream.normal());
    }
    return make_parameters(values);
}

SharingContext context_of(std::uint64_t seed, std::uint64_t round) {
    return {.node = 3,
            .round = round,
            .degree = 2,
            .stream_seed = stream_seed(seed, "sharing", 3, round)};
}

/// Encodes six rounds of one node and returns in how many of them the size was told beforehand;
/// what was told must be the size.
int rounds_told(const Sharing& sharing, std::uint64_t seed) {
    const auto state = sharing.initial_state(normal_vector(seed), SharingRole::kPeer);
    int told = 0;
    for (std::uint64_t round = 0; round < 6; ++round) {
        const SharingContext context = context_of(seed, round);
        const auto promised = sharing.message_size(kParameters, context);
        const Parameters trained = normal_vector(stream_seed(seed, "trained", 3, round));
        const MessageSize actual = sharing.encode(*state, trained, context)->size();
        if (promised) {
            CAPTURE(round);
            CHECK(promised->values == actual.values);
            CHECK(promised->metadata == actual.metadata);
            ++told;
        }
        static_cast<void>(sharing.merge(*state, trained, 1.0, {}));
    }
    return told;
}

std::vector<std::string> strategies() {
    std::vector<std::string> specs{"full",
                                   "plain-average",
                                   "qsgd",
                                   "qsgd:levels=3,bucket=7",
                                   "jwins",
                                   "jwins:alphas=0.05/0.3,full-from=1",
                                   "jwins:alphas=0.2/0.6,family=haar,level=2"};
    for (const char* name : {"top-k", "random", "choco", "wavelet", "fft", "stc"}) {
        for (const char* alpha : {"0", "0.0015", "0.1", "0.5", "0.999", "1"}) {
            specs.push_back(std::string(name) + ":alpha=" + alpha);
        }
    }
    return specs;
}

/// Returns null where the two do not go together.
std::unique_ptr<const Sharing> make_if_fitting(const std::string& spec, const std::string& codec) {
    try {
        return make_sharing(spec, codec);
    } catch (const std::invalid_argument&) {
        return nullptr;
    }
}

TEST_CASE("sharing: what a size is told to be beforehand, it is") {
    constexpr std::array kIndices{"raw", "elias", "lz4", "zstd"};
    constexpr std::array kValues{
        "raw", "float16", "bfloat16", "fpzip", "qsgd", "uniform:bits=5", "lz4", "zstd"};
    std::vector<std::string> codecs{"", "lz4", "zstd", "float16", "uniform"};
    for (const std::string indices : kIndices) {
        for (const char* values : kValues) {
            codecs.push_back(indices + "+" + values);
        }
    }
    int told = 0;
    for (const std::string& spec : strategies()) {
        for (const std::string& codec : codecs) {
            if (const auto sharing = make_if_fitting(spec, codec)) {
                for (std::uint64_t seed = 0; seed < 5; ++seed) {
                    CAPTURE(spec);
                    CAPTURE(codec);
                    CAPTURE(seed);
                    told += rounds_told(*sharing, seed);
                }
            }
        }
    }
    CHECK(told > 5'000);  // not all of them in vain
}

// Expectation: from the definitions; values and metadata in bytes.
TEST_CASE("sharing: sizes are those of the encoded bytes") {
    const auto size = [](const std::string& spec, const std::string& codec) {
        const auto sharing = make_sharing(spec, codec);
        const auto state = sharing->initial_state(normal_vector(1), SharingRole::kPeer);
        const MessageSize actual =
            sharing->encode(*state, normal_vector(2), {.stream_seed = 5})->size();
        return std::pair(actual.values, actual.metadata);
    };
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    CHECK(size("full", "") == Pair(4'000, 8));
    CHECK(size("full", "float16") == Pair(2'000, 8));
    CHECK(size("top-k:alpha=0.1", "") == Pair(400, 16 + 400));
    CHECK(size("top-k:alpha=0.1", "raw+bfloat16") == Pair(200, 16 + 400));
    CHECK(size("choco:alpha=0.1", "") == Pair(400, 16 + 400));
    CHECK(size("wavelet:family=haar,level=1,alpha=0.1", "") == Pair(400, 16 + 400));
    CHECK(size("fft:alpha=0.1", "") == Pair(50 * 8, 16 + 50 * 4));
    CHECK(size("stc:alpha=0.1", "") == Pair(13 + 4, 12 + 400));
    CHECK(size("top-k:alpha=1", "") == Pair(4'000, 16));  // all entries: no indices
    CHECK(size("stc:alpha=1", "") == Pair(125 + 4, 12));
    CHECK(size("random:alpha=1", "") == Pair(4'000, 16));
    const Pair elias = size("top-k:alpha=0.1", "elias");
    CHECK(elias.second < 16 + 100);
    CHECK(size("qsgd:levels=16,bucket=512", "").first < 1'000);
}

TEST_CASE("sharing: sizes are told beforehand unless they depend on values") {
    enum class Told { kNever, kSometimes, kAlways };
    const auto told = [](const std::string& spec, const std::string& codec) {
        const auto sharing = make_sharing(spec, codec);
        int known = 0;
        for (std::uint64_t round = 0; round < 100; ++round) {
            known += sharing->message_size(kParameters, context_of(1, round)).has_value() ? 1 : 0;
        }
        return known == 0 ? Told::kNever : known == 100 ? Told::kAlways : Told::kSometimes;
    };
    for (const char* spec :
         {"full", "plain-average", "top-k", "random", "choco", "wavelet", "jwins", "fft"}) {
        CAPTURE(spec);
        for (const char* codec : {"raw", "float16", "bfloat16", "uniform"}) {
            CHECK(told(spec, codec) == Told::kAlways);
        }
        CHECK(told(spec, "fpzip") == Told::kNever);
        CHECK(told(spec, "zstd") == Told::kNever);
    }
    for (const char* spec : {"top-k", "choco", "wavelet", "fft", "stc"}) {
        CAPTURE(spec);
        CHECK(told(spec, "elias") == Told::kNever);
    }
    CHECK(told("stc", "raw") == Told::kAlways);
    CHECK(told("qsgd", "") == Told::kAlways);
    CHECK(told("jwins", "") == Told::kNever);  // elias+fpzip
    // Where JWINS draws the budget that sends everything, no indices travel.
    CHECK(told("jwins", "elias+raw") == Told::kSometimes);
    CHECK(told("jwins:alphas=0.1/0.2", "elias+raw") == Told::kNever);
}

}  // namespace
}  // namespace murmur
