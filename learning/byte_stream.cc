#include "learning/byte_stream.h"

#include "learning/codecs/little_endian.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

namespace murmur {

void ByteSink::u32(std::uint32_t value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store_little_endian(value, &bytes_[bytes_.size() - sizeof value]);
}

void ByteSink::u64(std::uint64_t value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store_little_endian(value, &bytes_[bytes_.size() - sizeof value]);
}

void ByteSink::f32(float value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store_float(value, &bytes_[bytes_.size() - sizeof value]);
}

void ByteSink::f64(double value) {
    u64(std::bit_cast<std::uint64_t>(value));
}

void ByteSink::text(std::string_view value) {
    u64(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void ByteSink::bytes(std::span<const std::uint8_t> values) {
    u64(values.size());
    bytes_.insert(bytes_.end(), values.begin(), values.end());
}

void ByteSink::floats(std::span<const float> values) {
    u64(values.size());
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + sizeof(float) * values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        store_float(values[i], &bytes_[begin + sizeof(float) * i]);
    }
}

std::span<const std::uint8_t> ByteSource::take(std::size_t count) {
    if (count > rest_.size()) {
        throw std::invalid_argument(
            fmt::format("a written value is cut off: {} bytes are missing", count - rest_.size()));
    }
    const std::span<const std::uint8_t> taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

std::uint8_t ByteSource::u8() {
    return take(1)[0];
}

std::uint32_t ByteSource::u32() {
    return load_little_endian<std::uint32_t>(take(sizeof(std::uint32_t)).data());
}

std::uint64_t ByteSource::u64() {
    return load_little_endian<std::uint64_t>(take(sizeof(std::uint64_t)).data());
}

float ByteSource::f32() {
    return load_float(take(sizeof(float)).data());
}

double ByteSource::f64() {
    return std::bit_cast<double>(u64());
}

std::size_t ByteSource::count_of(std::size_t item_bytes) {
    const std::uint64_t count = u64();
    if (count > rest_.size() / item_bytes) {
        throw std::invalid_argument(
            fmt::format("a written value is damaged: {} items of {} bytes in {} bytes",
                        count,
                        item_bytes,
                        rest_.size()));
    }
    return count;
}

std::string ByteSource::text() {
    const std::span<const std::uint8_t> taken = take(count_of(1));
    return {taken.begin(), taken.end()};
}

std::vector<std::uint8_t> ByteSource::bytes() {
    const std::span<const std::uint8_t> taken = take(count_of(1));
    return {taken.begin(), taken.end()};
}

void ByteSource::floats(std::span<float> values) {
    const std::span<const std::uint8_t> taken = take(sizeof(float) * values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = load_float(&taken[sizeof(float) * i]);
    }
}

std::vector<float> ByteSource::floats() {
    std::vector<float> values(count_of(sizeof(float)));
    floats(values);
    return values;
}

void ByteSource::expect_end() const {
    if (!rest_.empty()) {
        throw std::invalid_argument(
            fmt::format("a written value is damaged: {} bytes are left over", rest_.size()));
    }
}

}  // namespace murmur
