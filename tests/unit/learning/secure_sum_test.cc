#include "learning/secure_sum.h"

#include "learning/random_stream.h"
#include "tests/support/doctest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace murmur {
namespace {

template <class KeyType>
KeyType from_hex(std::string_view text) {
    KeyType key;
    for (std::size_t i = 0; i < kKeyBytes; ++i) {
        key.bytes[i] =
            static_cast<std::uint8_t>(std::stoul(std::string(text.substr(2 * i, 2)), nullptr, 16));
    }
    return key;
}

/// A neighborhood: senders with their keys, vectors and weights, and one receiver.
struct Neighborhood {
    std::uint32_t receiver = 9;
    std::uint64_t round = 3;
    std::vector<std::uint32_t> senders;
    std::vector<KeyPair> keys;
    std::vector<std::vector<float>> vectors;
    std::vector<double> weights;

    Neighborhood(std::vector<std::uint32_t> ids, std::size_t size) : senders(std::move(ids)) {
        for (const std::uint32_t id : senders) {
            keys.push_back(make_key_pair(stream_seed(1, "keys", id)));
            RandomStream random(stream_seed(1, "vector", id));
            std::vector<float>& vector = vectors.emplace_back(size);
            for (float& value : vector) {
                value = static_cast<float>(random.normal());
            }
            weights.push_back(1.0 / static_cast<double>(senders.size() + 1));
        }
    }

    [[nodiscard]] MaskSeed seed(std::size_t a, std::size_t b) const {
        return mask_seed(agree(keys[a], keys[b].open), receiver, round);
    }

    /// Returns what a sender sends.
    [[nodiscard]] std::vector<std::uint32_t> masked(std::size_t a) const {
        std::vector<std::uint32_t> words = FixedPoint().encode(vectors[a], weights[a]);
        for (std::size_t b = 0; b < senders.size(); ++b) {
            if (b != a) {
                apply_mask(words, seed(a, b), senders[a], senders[b]);
            }
        }
        return words;
    }

    /// Returns the weighted sum of some senders in double precision.
    [[nodiscard]] std::vector<double> plain_sum(const std::vector<std::size_t>& some) const {
        std::vector<double> sum(vectors.front().size());
        for (const std::size_t a : some) {
            for (std::size_t i = 0; i < sum.size(); ++i) {
                sum[i] += weights[a] * vectors[a][i];
            }
        }
        return sum;
    }
};

/// Checks the stated bound: 2^-(f + 1) for each sender, and the rounding to float32.
void check_sum(const MaskedSum& sum, const std::vector<double>& plain, std::size_t num_senders) {
    std::vector<float> decoded(plain.size());
    FixedPoint().decode(sum.words(), decoded);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const double bound =
            static_cast<double>(num_senders) * 0x1p-21 + std::abs(plain[i]) * 0x1p-23;
        REQUIRE(std::abs(decoded[i] - plain[i]) <= bound);
    }
}

TEST_CASE("X25519 gives the results of RFC 7748") {
    // Expectation: the test vectors of its section 5.2, and the exchange of section 6.1.
    const auto result_of = [](std::string_view scalar, std::string_view point) {
        return PublicKey{x25519(from_hex<SecretKey>(scalar), from_hex<PublicKey>(point))};
    };
    CHECK(result_of("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c") ==
          from_hex<PublicKey>("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
    CHECK(result_of("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493") ==
          from_hex<PublicKey>("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
    constexpr const char* kAlice =
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    constexpr const char* kAliceOpen =
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    constexpr const char* kBob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    constexpr const char* kBobOpen =
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    const auto shared =
        from_hex<PublicKey>("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    CHECK(public_key(from_hex<SecretKey>(kAlice)) == from_hex<PublicKey>(kAliceOpen));
    CHECK(public_key(from_hex<SecretKey>(kBob)) == from_hex<PublicKey>(kBobOpen));
    CHECK(result_of(kAlice, kBobOpen) == shared);
    CHECK(result_of(kBob, kAliceOpen) == shared);
}

TEST_CASE("a public key of low order is refused") {
    CHECK_THROWS_WITH_AS(
        static_cast<void>(agree(make_key_pair(1), PublicKey{})),
        "secure sum: a public key is of low order, allowed those that X25519 makes",
        std::invalid_argument);
}

TEST_CASE("masks are the key stream of ChaCha20") {
    // Expectation: the key stream of the zero key and the zero nonce, the first test vector of
    // draft-strombergson-chacha-test-vectors-00 (and of RFC 8439, appendix A.1): 76 b8 e0 ad ...
    std::vector<std::uint32_t> words = {0, 1};
    apply_mask(words, MaskSeed{}, 0, 1);
    CHECK(words == std::vector<std::uint32_t>{0xade0b876, 0x903df1a0 + 1});
    apply_mask(words, MaskSeed{}, 1, 0);
    CHECK(words == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("both sides agree on a secret; each pair, receiver and round has a mask of its own") {
    const KeyPair a = make_key_pair(1);
    const KeyPair b = make_key_pair(2);
    const KeyPair c = make_key_pair(3);
    CHECK(make_key_pair(1).secret == a.secret);
    CHECK(agree(a, b.open) == agree(b, a.open));
    CHECK(agree(a, b.open) != agree(a, c.open));
    const PairSecret secret = agree(a, b.open);
    CHECK(mask_seed(secret, 1, 2) == mask_seed(secret, 1, 2));
    CHECK(mask_seed(secret, 1, 2) != mask_seed(secret, 2, 1));
    CHECK(mask_seed(secret, 1, 2) != mask_seed(secret, 1, 3));
    CHECK(mask_seed(secret, 1, 2) != mask_seed(agree(a, c.open), 1, 2));
}

TEST_CASE("masks cancel exactly in the sum of all senders") {
    const Neighborhood hood({1, 4, 5, 8, 12}, 1000);
    MaskedSum sum(hood.senders, 1000);
    std::vector<std::uint32_t> plain(1000);
    for (const std::size_t a : {3u, 0u, 4u, 2u, 1u}) {  // in any order
        CHECK_FALSE(sum.is_clear());
        sum.add(hood.senders[a], hood.masked(a));
        const auto words = FixedPoint().encode(hood.vectors[a], hood.weights[a]);
        for (std::size_t i = 0; i < words.size(); ++i) {
            plain[i] += words[i];
        }
    }
    REQUIRE(sum.is_clear());
    CHECK(std::equal(sum.words().begin(), sum.words().end(), plain.begin(), plain.end()));
    check_sum(sum, hood.plain_sum({0, 1, 2, 3, 4}), 5);
}

/// The chi-square of the bytes of a vector against the uniform distribution.
double chi_square_of_bytes(const std::vector<std::uint32_t>& words) {
    std::array<double, 256> counts{};
    for (const std::uint32_t word : words) {
        for (const unsigned shift : {0u, 8u, 16u, 24u}) {
            ++counts[word >> shift & 0xff];
        }
    }
    const double expected = static_cast<double>(words.size()) / 64;
    double chi_square = 0;
    for (const double count : counts) {
        chi_square += (count - expected) * (count - expected) / expected;
    }
    return chi_square;
}

double correlation(const std::vector<std::uint32_t>& words, const std::vector<float>& values) {
    double xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const double x = static_cast<std::int32_t>(words[i]);
        const double y = values[i];
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    return xy / std::sqrt(xx * yy);
}

TEST_CASE("what the receiver sees of one sender is uniform, and tells nothing of its vector") {
    // Expectation: chi-square with 255 degrees of freedom is below 377.1 but once in a million
    // times; the correlation with an independent vector of n values is normal with 1 / sqrt(n).
    constexpr std::size_t kSize = 89834;
    const Neighborhood hood({2, 3, 7}, kSize);
    for (std::size_t a = 0; a < hood.senders.size(); ++a) {
        const std::vector<std::uint32_t> masked = hood.masked(a);
        CAPTURE(a);
        CHECK(chi_square_of_bytes(masked) < 377.1);
        CHECK(std::abs(correlation(masked, hood.vectors[a])) < 5 / std::sqrt(double{kSize}));
        // The tests have teeth: without the masks both fail by far.
        const auto plain = FixedPoint().encode(hood.vectors[a], hood.weights[a]);
        CHECK(chi_square_of_bytes(plain) > 1e5);
        CHECK(correlation(plain, hood.vectors[a]) > 0.999);
    }
    // Two senders of the same vector, and one sender to two receivers, look unlike as well.
    Neighborhood same({2, 3}, kSize);
    same.vectors[1] = same.vectors[0];
    const std::vector<std::uint32_t> first = same.masked(0);
    same.receiver = 10;
    std::vector<std::uint32_t> difference = same.masked(0);
    for (std::size_t i = 0; i < kSize; ++i) {
        difference[i] -= first[i];
    }
    CHECK(chi_square_of_bytes(difference) < 377.1);
}

TEST_CASE("a sum without a vanished sender is recovered from the seeds that the others reveal") {
    const Neighborhood hood({1, 2, 3, 4}, 500);
    MaskedSum sum(hood.senders, 500);
    for (const std::size_t a : {0u, 1u, 3u}) {
        sum.add(hood.senders[a], hood.masked(a));
    }
    CHECK(sum.missing() == std::vector<std::uint32_t>{3});
    CHECK_THROWS_WITH_AS(static_cast<void>(sum.words()),
                         "secure sum: masks are left in the sum, 1 of 4 senders are missing",
                         std::invalid_argument);
    for (const std::size_t a : {0u, 1u, 3u}) {
        CHECK_FALSE(sum.is_clear());
        sum.recover(hood.senders[a], 3, hood.seed(a, 2));
    }
    REQUIRE(sum.is_clear());
    check_sum(sum, hood.plain_sum({0, 1, 3}), 3);
    CHECK_THROWS_WITH(sum.add(3, hood.masked(2)),
                      "secure sum: sender 3 comes too late, its masks are revealed");
}

TEST_CASE("two of four senders may vanish, three may not") {
    const Neighborhood hood({1, 2, 3, 4}, 50);
    MaskedSum two(hood.senders, 50);
    for (const std::size_t a : {1u, 2u}) {
        two.add(hood.senders[a], hood.masked(a));
    }
    for (const std::size_t a : {1u, 2u}) {
        for (const std::size_t vanished : {0u, 3u}) {
            two.recover(hood.senders[a], hood.senders[vanished], hood.seed(a, vanished));
        }
    }
    check_sum(two, hood.plain_sum({1, 2}), 2);

    MaskedSum one(hood.senders, 50);
    one.add(1, hood.masked(0));
    CHECK_THROWS_WITH(
        one.recover(1, 2, hood.seed(0, 1)),
        "secure sum: the sum would be the vector of sender 1 in the clear; drop the round");
    MaskedSum none(hood.senders, 50);
    CHECK_FALSE(none.is_clear());
}

TEST_CASE("a masked sum refuses what would leave garbage in it") {
    const Neighborhood hood({1, 2, 3}, 4);
    CHECK_THROWS_WITH(
        MaskedSum({5}, 4),
        "secure sum: the sum of one sender is its vector, got 1 senders, allowed 2 or more");
    MaskedSum sum(hood.senders, 4);
    CHECK_THROWS_WITH(sum.add(9, hood.masked(0)), "secure sum: 9 is no sender of this sum");
    CHECK_THROWS_WITH(sum.add(1, std::vector<std::uint32_t>(3)),
                      "secure sum: the vector of sender 1 has another length, got 3, allowed 4");
    sum.add(1, hood.masked(0));
    CHECK_THROWS_WITH(sum.add(1, hood.masked(0)), "secure sum: sender 1 is added twice");
    sum.add(2, hood.masked(1));
    CHECK_THROWS_WITH(sum.recover(1, 2, hood.seed(0, 1)),
                      "secure sum: no mask to recover, got 1 as survivor and 2 as vanished");
    sum.recover(1, 3, hood.seed(0, 2));
    CHECK_THROWS_WITH(sum.recover(1, 3, hood.seed(0, 2)),
                      "secure sum: the mask of 1 and 3 is revealed twice");
    std::vector<std::uint32_t> words(1);
    CHECK_THROWS_WITH(apply_mask(words, MaskSeed{}, 7, 7),
                      "secure sum: a mask takes two senders, got 7 twice");
}

TEST_CASE("fixed point is off by at most half a unit, up to its limit") {
    for (const int bits : {1, 8, 20, 30}) {
        const FixedPoint fixed(bits);
        RandomStream random(stream_seed(4, "fixed", static_cast<std::uint64_t>(bits)));
        std::vector<float> values = {0, -0.0f, 1e-38f, -1e-38f};
        for (int i = 0; i < 1000; ++i) {
            values.push_back(static_cast<float>(random.uniform(-fixed.limit(), fixed.limit())));
        }
        for (const double weight : {1.0, 0.3, 1e-9, 0.0}) {
            std::vector<float> decoded(values.size());
            fixed.decode(fixed.encode(values, weight), decoded);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const double exact = weight * values[i];
                REQUIRE(std::abs(decoded[i] - exact) <=
                        std::ldexp(0.5, -bits) + std::abs(exact) * 0x1p-24);
            }
        }
    }
}

TEST_CASE("a sum of many at the limit does not wrap") {
    const FixedPoint fixed(20);
    const auto most = static_cast<float>(std::nextafter(static_cast<float>(fixed.limit()), 0.0f));
    for (const float value : {most, -most}) {
        std::uint32_t sum = 0;
        constexpr int kSenders = 1 << 16;
        const std::vector<float> one = {value};
        const std::uint32_t word = fixed.encode(one, 1.0 / kSenders).front();
        for (int i = 0; i < kSenders; ++i) {
            sum += word;
        }
        std::vector<float> decoded(1);
        fixed.decode(std::vector<std::uint32_t>{sum}, decoded);
        CHECK(std::abs(decoded[0] - value) <= kSenders * 0x1p-21);
    }
}

TEST_CASE("numbers that fixed point cannot hold are refused") {
    const std::vector<float> large = {0, 3000};
    CHECK_THROWS_WITH_AS(static_cast<void>(FixedPoint(20).encode(large, 0.01)),
                         "secure sum: value 1 is out of range, got 3000, allowed -2047.9375 ... "
                         "2047.9375; take fewer fraction bits than 20",
                         std::invalid_argument);
    CHECK(FixedPoint(16).encode(large, 1)[1] == 3000u << 16);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity()}) {
        const std::vector<float> values = {bad};
        CHECK_THROWS_AS(static_cast<void>(FixedPoint().encode(values, 0)), std::invalid_argument);
    }
    CHECK_THROWS_WITH(static_cast<void>(FixedPoint().encode(large, 1.5)),
                      "secure sum: a weight is out of range, got 1.5, allowed 0 ... 1");
    CHECK_THROWS_WITH(FixedPoint(31),
                      "secure sum: fraction bits out of range, got 31, allowed 1 ... 30");
    CHECK_THROWS_AS(FixedPoint(0), std::invalid_argument);
    std::vector<float> two(2);
    CHECK_THROWS_WITH(FixedPoint().decode(std::vector<std::uint32_t>(3), two),
                      "secure sum: wrong length, got 3 words, allowed 2");
}

}  // namespace
}  // namespace murmur
