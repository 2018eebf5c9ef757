#pragma once

#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// What was written: bytes, and beside them long vectors of parameters, which never change and need
/// no copy to be written.
struct Parcel {
    std::vector<std::uint8_t> bytes{};
    std::vector<Parameters> vectors{};  ///< in the order in which they were written; none is null

    /// Returns the bytes of all of it.
    [[nodiscard]] std::size_t size() const;
};

/// Takes values as bytes, the lowest byte of each first; what it took, a `ByteSource` gives back to
/// the bit.
class ByteSink {
  public:
    ByteSink() = default;
    /// Makes a sink that keeps vectors of so many parameters or more beside the bytes, for a
    /// parcel.
    explicit ByteSink(std::size_t least_apart) : least_apart_(least_apart) {}

    void u8(std::uint8_t value) { parcel_.bytes.push_back(value); }
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void f32(float value);
    void f64(double value);
    void text(std::string_view value);
    void bytes(std::span<const std::uint8_t> values);
    void floats(std::span<const float> values);
    /// Takes bytes whose number is known to who reads them.
    void raw(std::span<const std::uint8_t> values);
    /// @param value  may be null
    void parameters(const Parameters& value);

    /// Returns the bytes: all that was written, but for a sink of parcels.
    [[nodiscard]] std::span<const std::uint8_t> written() const { return parcel_.bytes; }
    /// Returns all that was written, and leaves nothing.
    [[nodiscard]] Parcel take() { return std::exchange(parcel_, {}); }

  private:
    Parcel parcel_;
    std::size_t least_apart_ = std::numeric_limits<std::size_t>::max();
};

/// Gives values back in the order in which they were written.
class ByteSource {
  public:
    explicit ByteSource(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
    /// @param parcel  must live as long as the source is read
    explicit ByteSource(const Parcel& parcel) : rest_(parcel.bytes), vectors_(parcel.vectors) {}

    // Each of these: @throws std::invalid_argument  where the bytes end before the value does
    [[nodiscard]] std::uint8_t u8();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    [[nodiscard]] float f32();
    [[nodiscard]] double f64();
    [[nodiscard]] std::string text();
    [[nodiscard]] std::vector<std::uint8_t> bytes();
    [[nodiscard]] std::vector<float> floats();
    /// Returns null where null was written; of a parcel, its own vector, which is not copied.
    [[nodiscard]] Parameters parameters();
    /// Reads so many floats, whose number was read before.
    void floats(std::span<float> values);
    /// Returns so many bytes, as they were written.
    [[nodiscard]] std::span<const std::uint8_t> raw(std::size_t count) { return take(count); }
    /// Reads how many items of so many bytes follow, and makes sure that all are there.
    [[nodiscard]] std::size_t count_of(std::size_t item_bytes);

    /// @throws std::invalid_argument  where something is left
    void expect_end() const;

  private:
    [[nodiscard]] std::span<const std::uint8_t> take(std::size_t count);

    std::span<const std::uint8_t> rest_;
    std::span<const Parameters> vectors_{};
};

}  // namespace murmur
