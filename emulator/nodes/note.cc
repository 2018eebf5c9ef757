#include "emulator/nodes/note.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>
#include <utility>

namespace murmur {

NoteWriter& NoteWriter::append(std::uint64_t bits, std::size_t num_bytes) {
    for (std::size_t i = 0; i < num_bytes; ++i) {
        fields_.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
    }
    return *this;
}

NoteWriter& NoteWriter::u32(std::uint32_t value) {
    return append(value, sizeof value);
}

NoteWriter& NoteWriter::u64(std::uint64_t value) {
    return append(value, sizeof value);
}

NoteWriter& NoteWriter::f32(float value) {
    return u32(std::bit_cast<std::uint32_t>(value));
}

NoteWriter& NoteWriter::f64(double value) {
    return u64(std::bit_cast<std::uint64_t>(value));
}

NoteWriter& NoteWriter::bytes(std::span<const std::uint8_t> values) {
    fields_.insert(fields_.end(), values.begin(), values.end());
    return *this;
}

NotePtr NoteWriter::finish() {
    return std::make_shared<const Note>(kind_, std::exchange(fields_, {}));
}

std::span<const std::uint8_t> NoteReader::bytes(std::size_t count) {
    if (count > rest_.size()) {
        refuse(fmt::format("{} more were needed", count - rest_.size()));
    }
    const std::span<const std::uint8_t> taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

std::uint64_t NoteReader::take(std::size_t num_bytes) {
    const std::span<const std::uint8_t> taken = bytes(num_bytes);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < num_bytes; ++i) {
        bits |= std::uint64_t{taken[i]} << (8 * i);
    }
    return bits;
}

std::uint32_t NoteReader::u32() {
    return static_cast<std::uint32_t>(take(sizeof(std::uint32_t)));
}

std::uint64_t NoteReader::u64() {
    return take(sizeof(std::uint64_t));
}

float NoteReader::f32() {
    return std::bit_cast<float>(u32());
}

double NoteReader::f64() {
    return std::bit_cast<double>(u64());
}

void NoteReader::expect_end() const {
    if (has_more()) {
        refuse(fmt::format("{} are left over", rest_.size()));
    }
}

void NoteReader::refuse(std::string_view why) const {
    throw std::invalid_argument(fmt::format(
        "{} is damaged at byte {} of {}: {}", what_, size_ - rest_.size(), size_, why));
}

}  // namespace murmur
