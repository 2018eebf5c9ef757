#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Takes values as bytes, the lowest byte of each first; what it took, a `ByteSource` gives back to
/// the bit.
class ByteSink {
  public:
    void u8(std::uint8_t value) { bytes_.push_back(value); }
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    void f32(float value);
    void f64(double value);
    void text(std::string_view value);
    void bytes(std::span<const std::uint8_t> values);
    void floats(std::span<const float> values);

    [[nodiscard]] std::span<const std::uint8_t> written() const { return bytes_; }

  private:
    std::vector<std::uint8_t> bytes_;
};

/// Gives values back in the order in which they were written.
class ByteSource {
  public:
    explicit ByteSource(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    // Each of these: @throws std::invalid_argument  where the bytes end before the value does
    [[nodiscard]] std::uint8_t u8();
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    [[nodiscard]] float f32();
    [[nodiscard]] double f64();
    [[nodiscard]] std::string text();
    [[nodiscard]] std::vector<std::uint8_t> bytes();
    [[nodiscard]] std::vector<float> floats();
    /// Reads so many floats, whose number was read before.
    void floats(std::span<float> values);
    /// Reads how many items of so many bytes follow, and makes sure that all are there.
    [[nodiscard]] std::size_t count_of(std::size_t item_bytes);

    /// @throws std::invalid_argument  where something is left
    void expect_end() const;

  private:
    [[nodiscard]] std::span<const std::uint8_t> take(std::size_t count);

    std::span<const std::uint8_t> rest_;
};

}  // namespace murmur
