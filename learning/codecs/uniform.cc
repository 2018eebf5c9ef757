#include "learning/codecs/bit_stream.h"
#include "learning/codecs/codecs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

namespace murmur {
namespace {

/// Returns the largest magnitude; NaN where a value is not finite.
float largest_magnitude(std::span<const float> values) {
    // Without their sign, the bits of floats order as the floats do, infinity and NaN above all.
    std::int32_t largest = 0;
    for (const float value : values) {
        largest = std::max(largest, std::bit_cast<std::int32_t>(value) & 0x7fffffff);
    }
    const auto magnitude = std::bit_cast<float>(largest);
    return std::isfinite(magnitude) ? magnitude : std::numeric_limits<float>::quiet_NaN();
}

/// Each value becomes the nearest of 2L + 1 equal steps from -m to m, where m is the largest
/// magnitude of all and L = 2^(bits - 1) - 1: off by at most m / 2L.  On the wire: m (float32),
/// then the steps, counted from -m, of `bits` bits each.  Where a value is not finite all become
/// NaN.
class UniformValues final : public ValueCodec {
  public:
    explicit UniformValues(const Options& options)
        : bits_(static_cast<unsigned>(options.integer("bits", {2, 16}))),
          middle_((1u << (bits_ - 1)) - 1) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return (encoded_bits(count) + 7) / 8;
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t /*stream_seed*/) const override {
        BitWriter bits(encoded_bits(values.size()));
        if (values.empty()) {
            return bits.finish();
        }
        const float scale = largest_magnitude(values);
        bits.put(std::bit_cast<std::uint32_t>(scale), kScaleBits);
        // Without a scale every value is the middle: 0, or NaN once it meets the scale.
        const double steps_per_unit = scale > 0 ? middle_ / static_cast<double>(scale) : 0;
        while (!values.empty()) {
            const auto block = values.first(std::min(kBlock, values.size()));
            Block steps;
            for (std::size_t i = 0; i < block.size(); ++i) {
                const double place = scale > 0 ? block[i] * steps_per_unit : 0;
                steps[i] =
                    static_cast<std::uint32_t>(static_cast<std::int32_t>(place + middle_ + 0.5));
            }
            bits.put_all(std::span(steps).first(block.size()), bits_);
            values = values.subspan(block.size());
        }
        return bits.finish();
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        require_encoded_bytes("uniform", bytes.size(), *encoded_bytes(values.size()));
        if (values.empty()) {
            return;
        }
        BitReader bits("uniform", bytes);
        const auto scale = std::bit_cast<float>(static_cast<std::uint32_t>(bits.get(kScaleBits)));
        if (std::signbit(scale) || std::isinf(scale)) {
            refuse_codec("uniform", fmt::format("the scale is out of range, got {}", scale));
        }
        const double unit = static_cast<double>(scale) / middle_;
        while (!values.empty()) {
            const auto block = values.first(std::min(kBlock, values.size()));
            Block steps;
            bits.get_all(std::span(steps).first(block.size()), bits_);
            std::int32_t largest = 0;
            for (std::size_t i = 0; i < block.size(); ++i) {
                const auto step = static_cast<std::int32_t>(steps[i]);
                block[i] = static_cast<float>(unit * (step - middle_));
                largest = std::max(largest, step);
            }
            require_step(largest);
            values = values.subspan(block.size());
        }
        bits.expect_end();
    }

  private:
    static constexpr unsigned kScaleBits = 32;

    /// How many values are worked on at once, as in QSGD.
    static constexpr std::size_t kBlock = 512;
    using Block = std::array<std::uint32_t, kBlock>;

    [[nodiscard]] std::size_t encoded_bits(std::size_t count) const {
        return count == 0 ? 0 : kScaleBits + bits_ * count;
    }

    void require_step(std::int32_t largest) const {
        if (largest > 2 * middle_) {
            refuse_codec(
                "uniform",
                fmt::format(
                    "a step is out of range, got {}, allowed 0 ... {}", largest, 2 * middle_));
        }
    }

    unsigned bits_;
    std::int32_t middle_;  // L: the step of 0
};

}  // namespace

void register_uniform(CodecRegistry& registry) {
    registry.add({"uniform",
                  "values rounded to equal steps of the largest magnitude",
                  {named("bits", "8", "of each value, 2 ... 16")}},
                 {.values = [](const Options& options) {
                     return std::make_shared<UniformValues>(options);
                 }});
}

}  // namespace murmur
