#include "learning/byte_stream.h"

#include "learning/codecs/little_endian.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace murmur {

namespace {

/// How parameters are written: none, values among the bytes, a vector beside them.
enum class Place : std::uint8_t { kNone, kInline, kBeside };

/// Appends words.  Not by `resize`, which would write all of them twice.
template <class Word>
void append(std::span<const Word> words, std::vector<std::uint8_t>& bytes) {
    if constexpr (std::endian::native == std::endian::little) {
        const auto* const begin = reinterpret_cast<const std::uint8_t*>(words.data());
        bytes.insert(bytes.end(), begin, begin + words.size_bytes());
    } else {
        for (const Word word : words) {
            std::uint8_t stored[sizeof(Word)];
            if constexpr (std::is_same_v<Word, float>) {
                store_float(word, stored);
            } else {
                store_little_endian(word, stored);
            }
            bytes.insert(bytes.end(), std::begin(stored), std::end(stored));
        }
    }
}

template <class Word>
void append(Word word, std::vector<std::uint8_t>& bytes) {
    append(std::span<const Word>(&word, 1), bytes);
}

}  // namespace

std::size_t Parcel::size() const {
    std::size_t all = bytes.size();
    for (const Parameters& vector : vectors) {
        all += sizeof(float) * vector->size();
    }
    return all;
}

void ByteSink::u32(std::uint32_t value) {
    append(value, parcel_.bytes);
}

void ByteSink::u64(std::uint64_t value) {
    append(value, parcel_.bytes);
}

void ByteSink::f32(float value) {
    append(value, parcel_.bytes);
}

void ByteSink::f64(double value) {
    u64(std::bit_cast<std::uint64_t>(value));
}

void ByteSink::text(std::string_view value) {
    u64(value.size());
    parcel_.bytes.insert(parcel_.bytes.end(), value.begin(), value.end());
}

void ByteSink::bytes(std::span<const std::uint8_t> values) {
    u64(values.size());
    append(values, parcel_.bytes);
}

void ByteSink::floats(std::span<const float> values) {
    u64(values.size());
    append(values, parcel_.bytes);
}

void ByteSink::raw(std::span<const std::uint8_t> values) {
    append(values, parcel_.bytes);
}

void ByteSink::parameters(const Parameters& value) {
    if (!value) {
        u8(static_cast<std::uint8_t>(Place::kNone));
    } else if (value->size() < least_apart_) {
        u8(static_cast<std::uint8_t>(Place::kInline));
        floats(value->values());
    } else {
        u8(static_cast<std::uint8_t>(Place::kBeside));
        parcel_.vectors.push_back(value);
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
        values[i] = load_float(taken.data() + sizeof(float) * i);
    }
}

std::vector<float> ByteSource::floats() {
    std::vector<float> values(count_of(sizeof(float)));
    floats(values);
    return values;
}

Parameters ByteSource::parameters() {
    switch (static_cast<Place>(u8())) {
        case Place::kNone:
            return nullptr;
        case Place::kInline:
            break;
        case Place::kBeside: {
            if (vectors_.empty()) {
                throw std::invalid_argument("a written value is damaged: a vector is missing");
            }
            const Parameters vector = vectors_.front();
            vectors_ = vectors_.subspan(1);
            return vector;
        }
        default:
            throw std::invalid_argument(
                "a written value is damaged: where parameters begin something else does");
    }
    auto parameters = std::make_shared<ParameterVector>(count_of(sizeof(float)));
    floats(parameters->values());
    return parameters;
}

void ByteSource::expect_end() const {
    if (!vectors_.empty()) {
        throw std::invalid_argument(fmt::format(
            "a written value is damaged: {} vectors are left over", vectors_.size()));
    }
    if (!rest_.empty()) {
        throw std::invalid_argument(
            fmt::format("a written value is damaged: {} bytes are left over", rest_.size()));
    }
}

}  // namespace murmur
