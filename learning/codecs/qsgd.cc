#include "learning/codecs/bit_stream.h"
#include "learning/codecs/codecs.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace murmur {
namespace {

/// Returns the Euclidean norm as float32; NaN where that is not finite.
float bucket_norm(std::span<const float> values) {
    double sum_of_squares = 0;  // of float32 values it neither overflows nor vanishes
    for (const float value : values) {
        sum_of_squares += static_cast<double>(value) * value;
    }
    const auto norm = static_cast<float>(std::sqrt(sum_of_squares));
    return std::isfinite(norm) ? norm : std::numeric_limits<float>::quiet_NaN();
}

/// Each value v of a bucket becomes sign(v) ||v|| l / s, where ||v|| is the norm of the bucket and
/// the level l one of the two whole numbers next to s |v| / ||v||, drawn such that v is the mean
/// [Alistarh, 2017, section 3.1].  Over a bucket of n values the variance is at most
/// min(n / s^2, sqrt(n) / s) ||v||^2.  A bucket that holds a value that is not finite, or whose
/// norm is not, is NaN throughout.
///
/// On the wire: the norm (float32), then a sign and a level of fixed width for each value, so that
/// s = 2^b - 1 wastes nothing.  The paper's Elias codes are shorter where s is far below sqrt(n).
/// - [Alistarh, 2017] D. Alistarh et al. QSGD: communication-efficient SGD via gradient
///   quantization and encoding. NeurIPS 30.
class QsgdValues final : public ValueCodec {
  public:
    explicit QsgdValues(const Spec& spec) {
        const SpecOptions options("codec qsgd", spec, {"levels", "bucket"});
        levels_ = static_cast<std::uint32_t>(options.integer("levels", 16, {1, 32767}));
        bucket_ = static_cast<std::size_t>(options.integer("bucket", 512, {1, 1 << 30}));
        level_bits_ = static_cast<unsigned>(std::bit_width(levels_));
    }

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return (encoded_bits(count) + 7) / 8;
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t stream_seed) const override {
        BitWriter bits(encoded_bits(values.size()));
        RandomStream random(stream_seed);
        while (!values.empty()) {
            const auto bucket = values.first(std::min(bucket_, values.size()));
            encode_bucket(bucket, random, bits);
            values = values.subspan(bucket.size());
        }
        return bits.finish();
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        require_encoded_bytes("qsgd", bytes.size(), *encoded_bytes(values.size()));
        BitReader bits("qsgd", bytes);
        while (!values.empty()) {
            const auto bucket = values.first(std::min(bucket_, values.size()));
            decode_bucket(bits, bucket);
            values = values.subspan(bucket.size());
        }
        bits.expect_end();
    }

  private:
    static constexpr unsigned kNormBits = 32;

    [[nodiscard]] std::size_t encoded_bits(std::size_t count) const {
        const std::size_t num_buckets = count / bucket_ + (count % bucket_ > 0 ? 1 : 0);
        return kNormBits * num_buckets + (1 + level_bits_) * count;
    }

    void encode_bucket(std::span<const float> bucket, RandomStream& random, BitWriter& bits) const {
        const float norm = bucket_norm(bucket);
        bits.put(std::bit_cast<std::uint32_t>(norm), kNormBits);
        if (std::isnan(norm)) {
            for (std::size_t i = 0; i < bucket.size(); ++i) {
                bits.put(0, 1 + level_bits_);
            }
            return;
        }
        const double levels_per_unit = norm > 0 ? levels_ / static_cast<double>(norm) : 0;
        std::uint64_t draw = 0;
        for (std::size_t i = 0; i < bucket.size(); ++i) {
            // One draw serves two values, 32 bits each: half the time, and levels off by 2^-32.
            draw = i % 2 == 0 ? random() : draw >> 32;
            const double uniform = static_cast<std::uint32_t>(draw) * 0x1p-32;
            const double place = std::abs(static_cast<double>(bucket[i])) * levels_per_unit;
            // The whole part of this sum is the upper level as often as `place` is near to it.
            const auto level = static_cast<std::uint32_t>(place + uniform);
            const std::uint32_t sign = std::signbit(bucket[i]) ? 1 : 0;
            bits.put(sign << level_bits_ | std::min(level, levels_), 1 + level_bits_);
        }
    }

    void decode_bucket(BitReader& bits, std::span<float> bucket) const {
        const auto norm = std::bit_cast<float>(static_cast<std::uint32_t>(bits.get(kNormBits)));
        if (std::signbit(norm) || std::isinf(norm)) {
            refuse_codec("qsgd", fmt::format("a norm is out of range, got {}", norm));
        }
        const double unit = static_cast<double>(norm) / levels_;
        for (float& value : bucket) {
            const auto code = static_cast<std::uint32_t>(bits.get(1 + level_bits_));
            const std::uint32_t level = code & ((1u << level_bits_) - 1);
            if (level > levels_) {
                refuse_codec(
                    "qsgd",
                    fmt::format(
                        "a level is out of range, got {}, allowed 0 ... {}", level, levels_));
            }
            const auto magnitude = static_cast<float>(unit * level);
            value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) |
                                         code >> level_bits_ << 31);
        }
    }

    std::uint32_t levels_;
    std::size_t bucket_;
    unsigned level_bits_;
};

}  // namespace

std::shared_ptr<const ValueCodec> make_qsgd_values(const Spec& spec) {
    return std::make_shared<QsgdValues>(spec);
}

}  // namespace murmur
