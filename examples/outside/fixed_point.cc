// A codec of one's own: values as multiples of a step, in 16 bits.
//
//     v -> round(v / step), held to -32768 ... 32767

#include "learning/codecs/codecs.h"
#include "parts.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace {

class FixedPoint final : public murmur::ValueCodec {
  public:
    explicit FixedPoint(double step) : step_(static_cast<float>(step)) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return 2 * count;
    }

    [[nodiscard]] murmur::Bytes encode(std::span<const float> values,
                                       std::uint64_t /*rounds to nearest*/) const override {
        murmur::Bytes bytes;
        for (const float value : values) {
            const float multiple = std::clamp(std::round(value / step_), -32768.0F, 32767.0F);
            const auto word = static_cast<std::uint16_t>(static_cast<std::int16_t>(multiple));
            bytes.push_back(static_cast<std::uint8_t>(word & 255));
            bytes.push_back(static_cast<std::uint8_t>(word >> 8));
        }
        return bytes;
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        murmur::require_encoded_bytes("fixed-point", bytes.size(), 2 * values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto word = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
            values[i] = step_ * static_cast<float>(static_cast<std::int16_t>(word));
        }
    }

  private:
    float step_;
};

}  // namespace

void register_fixed_point() {
    murmur::codecs().add({"fixed-point",
                          "values as multiples of a step, in 16 bits",
                          {murmur::named("step", "0.001", "the step, above 0, at most 1")}},
                         {.values = [](const murmur::Options& options) {
                             return std::make_shared<FixedPoint>(options.fraction("step"));
                         }});
}
