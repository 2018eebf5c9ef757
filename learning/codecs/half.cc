#include "learning/codecs/codecs.h"
#include "learning/codecs/little_endian.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

namespace murmur {
namespace {

/// Values in a format of 16 bits, rounded to nearest, ties to even.
template <class Format>
class HalfValues final : public ValueCodec {
  public:
    explicit HalfValues(std::string name) : name_(std::move(name)) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return kWordBytes * count;
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t /*stream_seed*/) const override {
        Bytes bytes(kWordBytes * values.size());
        const float* const __restrict from = values.data();
        std::uint8_t* const __restrict to = bytes.data();
        for (std::size_t i = 0; i < values.size(); ++i) {
            store_little_endian(Format(from[i]).x, to + kWordBytes * i);
        }
        return bytes;
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        require_encoded_bytes(name_, bytes.size(), kWordBytes * values.size());
        const std::uint8_t* const __restrict from = bytes.data();
        float* const __restrict to = values.data();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto word = load_little_endian<std::uint16_t>(from + kWordBytes * i);
            to[i] = static_cast<float>(Format(word, Format::from_bits()));
        }
    }

  private:
    static constexpr std::size_t kWordBytes = sizeof(std::uint16_t);

    std::string name_;
};

}  // namespace

void register_half(CodecRegistry& registry) {
    // Off by at most 2^-11 of the value, or 2^-25 below 2^-14 in magnitude.  From 65520 on values
    // become infinite.  Infinities and the sign of zero are kept; NaN stays NaN.
    registry.add({"float16", "values rounded to IEEE 754 half precision"},
                 {.values = [](const Options&) {
                     return std::make_shared<HalfValues<c10::Half>>("float16");
                 }});
    // Off by at most 2^-8 of the value, or 2^-134 below 2^-126 in magnitude.  Values above 3.394e38
    // become infinite.  Infinities and the sign of zero are kept; NaN stays NaN.
    registry.add({"bfloat16", "values rounded to 8 significant bits, range of float32"},
                 {.values = [](const Options&) {
                     return std::make_shared<HalfValues<c10::BFloat16>>("bfloat16");
                 }});
}

}  // namespace murmur
