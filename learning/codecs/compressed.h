#pragma once

#include "learning/codec.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace murmur {

/// A general-purpose lossless compressor.
class Compressor {
  public:
    virtual ~Compressor() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;

    /// Returns how many bytes of content one byte of the format can stand for, at most.
    [[nodiscard]] virtual std::size_t largest_ratio() const = 0;

    [[nodiscard]] virtual Bytes compress(std::span<const std::uint8_t> content) const = 0;

    /// Writes the content that was compressed.
    /// @throws std::invalid_argument  on bytes that no content of this length gives
    virtual void decompress(std::span<const std::uint8_t> bytes,
                            std::span<std::uint8_t> content) const = 0;
};

// Both codecs below sort the four bytes of each word into planes before they compress: first all
// lowest bytes, ..., last all highest.  Compressors look for repeated bytes, and the high bytes of
// gaps (zeros) and of parameters (sign and exponent) repeat, whereas low bytes are noise.

/// Encodes how many indices are passed over before each.
[[nodiscard]] std::shared_ptr<const IndexCodec> compressed_indices(
    std::shared_ptr<const Compressor> compressor);

/// Encodes the bits of each float32.
[[nodiscard]] std::shared_ptr<const ValueCodec> compressed_values(
    std::shared_ptr<const Compressor> compressor);

}  // namespace murmur
