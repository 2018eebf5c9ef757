#include "learning/codecs/bit_stream.h"
#include "learning/codecs/codecs.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace murmur {
namespace {

/// Returns the Euclidean norm as float32; NaN where that is not finite.
float bucket_norm(std::span<const float> values) {
    // Of float32 values the sum neither overflows nor vanishes.  In parts, always the same ones,
    // because an addition takes longer than all else.
    constexpr std::size_t kParts = 8;
    std::array<double, kParts> parts{};
    std::size_t i = 0;
    for (; i + kParts <= values.size(); i += kParts) {
        for (std::size_t part = 0; part < kParts; ++part) {
            const double value = values[i + part];
            parts[part] += value * value;
        }
    }
    for (; i < values.size(); ++i) {
        parts[0] += static_cast<double>(values[i]) * values[i];
    }
    const auto norm =
        static_cast<float>(std::sqrt(std::accumulate(parts.begin(), parts.end(), 0.0)));
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
    explicit QsgdValues(const Options& options) {
        levels_ = static_cast<std::uint32_t>(options.integer("levels", {1, 32767}));
        bucket_ = static_cast<std::size_t>(options.integer("bucket", {1, 1 << 30}));
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

    /// How many values are worked on at once: one loop after the other, so that all but drawing
    /// and packing fill vector registers, over memory that stays in the first cache level.
    static constexpr std::size_t kBlock = 512;
    using Block = std::array<std::uint32_t, kBlock>;

    [[nodiscard]] unsigned code_bits() const { return 1 + level_bits_; }

    [[nodiscard]] std::size_t encoded_bits(std::size_t count) const {
        const std::size_t num_buckets = count / bucket_ + (count % bucket_ > 0 ? 1 : 0);
        return kNormBits * num_buckets + code_bits() * count;
    }

    void encode_bucket(std::span<const float> bucket, RandomStream& random, BitWriter& bits) const {
        const float norm = bucket_norm(bucket);
        bits.put(std::bit_cast<std::uint32_t>(norm), kNormBits);
        const double levels_per_unit = norm > 0 ? levels_ / static_cast<double>(norm) : 0;
        while (!bucket.empty()) {
            const auto block = bucket.first(std::min(kBlock, bucket.size()));
            Block codes;
            if (std::isnan(norm)) {
                codes.fill(0);
            } else {
                draw(random, block.size(), codes);
                round(block, levels_per_unit, codes);
            }
            bits.put_all(std::span(codes).first(block.size()), code_bits());
            bucket = bucket.subspan(block.size());
        }
    }

    /// One draw serves two values, 32 bits each: half the time, and levels off by 2^-32.
    static void draw(RandomStream& random, std::size_t count, Block& draws) {
        for (std::size_t i = 0; i < count; i += 2) {
            const std::uint64_t draw = random();
            draws[i] = static_cast<std::uint32_t>(draw);
            draws[i + 1] = static_cast<std::uint32_t>(draw >> 32);
        }
    }

    /// Puts the code of each value in place of its draw.
    void round(std::span<const float> values, double levels_per_unit, Block& codes) const {
        const auto most = static_cast<std::int32_t>(levels_);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double uniform = codes[i] * 0x1p-32;
            const double place = std::abs(static_cast<double>(values[i])) * levels_per_unit;
            // The whole part of this sum is the upper level as often as `place` is near to it.
            const auto level = std::min(static_cast<std::int32_t>(place + uniform), most);
            const std::uint32_t sign = std::bit_cast<std::uint32_t>(values[i]) >> 31;
            codes[i] = sign << level_bits_ | static_cast<std::uint32_t>(level);
        }
    }

    void decode_bucket(BitReader& bits, std::span<float> bucket) const {
        const auto norm = std::bit_cast<float>(static_cast<std::uint32_t>(bits.get(kNormBits)));
        if (std::signbit(norm) || std::isinf(norm)) {
            refuse_codec("qsgd", fmt::format("a norm is out of range, got {}", norm));
        }
        const double unit = static_cast<double>(norm) / levels_;
        while (!bucket.empty()) {
            const auto block = bucket.first(std::min(kBlock, bucket.size()));
            Block codes;
            bits.get_all(std::span(codes).first(block.size()), code_bits());
            std::int32_t largest = 0;
            for (std::size_t i = 0; i < block.size(); ++i) {
                const auto level = static_cast<std::int32_t>(codes[i] & ((1u << level_bits_) - 1));
                const auto magnitude = static_cast<float>(unit * level);
                block[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) |
                                                codes[i] >> level_bits_ << 31);
                largest = std::max(largest, level);
            }
            require_level(static_cast<std::uint32_t>(largest));
            bucket = bucket.subspan(block.size());
        }
    }

    void require_level(std::uint32_t largest) const {
        if (largest > levels_) {
            refuse_codec(
                "qsgd",
                fmt::format("a level is out of range, got {}, allowed 0 ... {}", largest, levels_));
        }
    }

    std::uint32_t levels_;
    std::size_t bucket_;
    unsigned level_bits_;
};

}  // namespace

void register_qsgd(CodecRegistry& registry) {
    registry.add(
        {"qsgd",
         "values rounded at random to levels of their bucket's norm",
         {named("levels", "16", "of a value's magnitude, 1 ... 32767"),
          named("bucket", "512", "values that share one norm")}},
        {.values = [](const Options& options) { return std::make_shared<QsgdValues>(options); }});
}

}  // namespace murmur
