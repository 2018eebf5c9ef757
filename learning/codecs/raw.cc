#include "learning/codecs/codecs.h"
#include "learning/codecs/index_builder.h"
#include "learning/codecs/little_endian.h"

#include <fmt/format.h>

namespace murmur {
namespace {

constexpr std::size_t kWordBytes = 4;

class RawIndices final : public IndexCodec {
  public:
    [[nodiscard]] bool is_raw() const override { return true; }

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return kWordBytes * count;
    }

    [[nodiscard]] Bytes encode(std::span<const std::uint32_t> indices) const override {
        Bytes bytes(kWordBytes * indices.size());
        for (std::size_t i = 0; i < indices.size(); ++i) {
            store_little_endian(indices[i], &bytes[kWordBytes * i]);
        }
        return bytes;
    }

    [[nodiscard]] std::vector<std::uint32_t> decode(std::span<const std::uint8_t> bytes,
                                                    std::size_t count,
                                                    std::uint32_t bound) const override {
        require_encoded_bytes("raw", bytes.size(), kWordBytes * count);
        IndexBuilder indices("raw", count, bound);
        std::uint64_t next = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t index = load_little_endian<std::uint32_t>(&bytes[kWordBytes * i]);
            if (index < next) {
                refuse_codec(
                    "raw",
                    fmt::format(
                        "index {} does not ascend, got {}, allowed {} or more", i, index, next));
            }
            indices.add(index - next);
            next = index + 1;
        }
        return indices.take();
    }
};

class RawValues final : public ValueCodec {
  public:
    [[nodiscard]] bool is_raw() const override { return true; }

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return kWordBytes * count;
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t /*stream_seed*/) const override {
        Bytes bytes(kWordBytes * values.size());
        const float* const __restrict from = values.data();
        std::uint8_t* const __restrict to = bytes.data();
        for (std::size_t i = 0; i < values.size(); ++i) {
            store_float(from[i], to + kWordBytes * i);
        }
        return bytes;
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        require_encoded_bytes("raw", bytes.size(), kWordBytes * values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = load_float(&bytes[kWordBytes * i]);
        }
    }
};

}  // namespace

void register_raw(CodecRegistry& registry) {
    registry.add({"raw", "indices as uint32, values as float32, little endian"},
                 {[](const Options&) { return std::make_shared<RawIndices>(); },
                  [](const Options&) { return std::make_shared<RawValues>(); }});
}

}  // namespace murmur
