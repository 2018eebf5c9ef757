#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// An encoding, byte for byte as it travels.
using Bytes = std::vector<std::uint8_t>;

/// How the indices of a sparse message become bytes, without loss.
class IndexCodec {
  public:
    virtual ~IndexCodec() = default;

    /// Returns whether it gives back each index as four bytes, unchanged: nothing is encoded.
    [[nodiscard]] virtual bool is_raw() const { return false; }

    /// Returns the size of `count` encoded indices where it follows from their number alone.
    [[nodiscard]] virtual std::optional<std::size_t> encoded_bytes(std::size_t count) const = 0;

    /// @param indices  strictly ascending; may be empty
    [[nodiscard]] virtual Bytes encode(std::span<const std::uint32_t> indices) const = 0;

    /// Returns the `count` strictly ascending indices, all below `bound`, that were encoded.
    /// @throws std::invalid_argument  on bytes that no such indices give; allocates no more than
    ///                                `count` and the length of `bytes` justify
    [[nodiscard]] virtual std::vector<std::uint32_t> decode(std::span<const std::uint8_t> bytes,
                                                            std::size_t count,
                                                            std::uint32_t bound) const = 0;
};

/// How the values of a message become bytes: without loss, or with a stated one.
class ValueCodec {
  public:
    virtual ~ValueCodec() = default;

    /// Returns whether it gives back each value as four bytes, unchanged: nothing is encoded.
    [[nodiscard]] virtual bool is_raw() const { return false; }

    /// Returns the size of `count` encoded values where it follows from their number alone.
    [[nodiscard]] virtual std::optional<std::size_t> encoded_bytes(std::size_t count) const = 0;

    /// @param stream_seed  seed of the random stream of a codec that rounds at random
    [[nodiscard]] virtual Bytes encode(std::span<const float> values,
                                       std::uint64_t stream_seed) const = 0;

    /// Writes the values that were encoded.
    /// @param values  as many as were encoded
    /// @throws std::invalid_argument  on bytes that no so many values give
    virtual void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const = 0;
};

/// How a message becomes bytes.
struct Codec {
    std::shared_ptr<const IndexCodec> indices;
    std::shared_ptr<const ValueCodec> values;
};

/// Makes the codec that `spec` names: `INDICES+VALUES` such as `elias+fpzip`; one name alone leaves
/// the other raw, or means both where it can.
/// @throws std::invalid_argument  on an unknown name or option
[[nodiscard]] Codec make_codec(std::string_view spec);

}  // namespace murmur
