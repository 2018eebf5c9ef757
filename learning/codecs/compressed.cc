#include "learning/codecs/compressed.h"

#include "learning/codecs/codecs.h"
#include "learning/codecs/index_builder.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

namespace murmur {
namespace {

constexpr std::size_t kPlanes = 4;

/// Puts a word's bytes where they belong in planes of `count` bytes each.
void store_in_planes(std::uint32_t word, std::uint8_t* planes, std::size_t count, std::size_t at) {
    for (std::size_t plane = 0; plane < kPlanes; ++plane) {
        planes[plane * count + at] = static_cast<std::uint8_t>(word >> (8 * plane));
    }
}

std::uint32_t load_from_planes(const std::uint8_t* planes, std::size_t count, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t plane = 0; plane < kPlanes; ++plane) {
        word |= std::uint32_t{planes[plane * count + at]} << (8 * plane);
    }
    return word;
}

/// No words are no bytes, whatever the compressor makes of nothing.
std::optional<std::size_t> empty_if_none(std::size_t count) {
    return count == 0 ? std::optional<std::size_t>(0) : std::nullopt;
}

Bytes compress_planes(const Compressor& compressor, const Bytes& planes) {
    return planes.empty() ? Bytes() : compressor.compress(planes);
}

Bytes decompress_planes(const Compressor& compressor,
                        std::span<const std::uint8_t> bytes,
                        std::size_t count) {
    if (count == 0) {
        require_encoded_bytes(compressor.name(), bytes.size(), 0);
        return {};
    }
    if (kPlanes * count / compressor.largest_ratio() > bytes.size()) {
        // No memory for words that cannot be there.
        refuse_codec(compressor.name(),
                     fmt::format("truncated, got {} bytes for {} words", bytes.size(), count));
    }
    Bytes planes(kPlanes * count);
    compressor.decompress(bytes, planes);
    return planes;
}

class CompressedIndices final : public IndexCodec {
  public:
    explicit CompressedIndices(std::shared_ptr<const Compressor> compressor)
        : compressor_(std::move(compressor)) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return empty_if_none(count);
    }

    [[nodiscard]] Bytes encode(std::span<const std::uint32_t> indices) const override {
        Bytes planes(kPlanes * indices.size());
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < indices.size(); ++i) {
            store_in_planes(indices[i] - next, planes.data(), indices.size(), i);
            next = indices[i] + 1;
        }
        return compress_planes(*compressor_, planes);
    }

    [[nodiscard]] std::vector<std::uint32_t> decode(std::span<const std::uint8_t> bytes,
                                                    std::size_t count,
                                                    std::uint32_t bound) const override {
        const Bytes planes = decompress_planes(*compressor_, bytes, count);
        IndexBuilder indices(compressor_->name(), count, bound);
        for (std::size_t i = 0; i < count; ++i) {
            indices.add(load_from_planes(planes.data(), count, i));
        }
        return indices.take();
    }

  private:
    std::shared_ptr<const Compressor> compressor_;
};

class CompressedValues final : public ValueCodec {
  public:
    explicit CompressedValues(std::shared_ptr<const Compressor> compressor)
        : compressor_(std::move(compressor)) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return empty_if_none(count);
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t /*stream_seed*/) const override {
        Bytes planes(kPlanes * values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto word = std::bit_cast<std::uint32_t>(values[i]);
            store_in_planes(word, planes.data(), values.size(), i);
        }
        return compress_planes(*compressor_, planes);
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        const Bytes planes = decompress_planes(*compressor_, bytes, values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = std::bit_cast<float>(load_from_planes(planes.data(), values.size(), i));
        }
    }

  private:
    std::shared_ptr<const Compressor> compressor_;
};

}  // namespace

std::shared_ptr<const IndexCodec> compressed_indices(std::shared_ptr<const Compressor> compressor) {
    return std::make_shared<CompressedIndices>(std::move(compressor));
}

std::shared_ptr<const ValueCodec> compressed_values(std::shared_ptr<const Compressor> compressor) {
    return std::make_shared<CompressedValues>(std::move(compressor));
}

}  // namespace murmur
