#include "emulator/record/consensus_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace murmur {

namespace {

constexpr double kHighUnits = 0x1p24;
constexpr double kLowUnits = 0x1p40;  ///< in one of the high ones
constexpr double kSquareUnits = 0x1p60;
/// Of a hundred thousand models, a sum of these still fits.
constexpr double kMostDifference = 0x1p22;
constexpr double kMostSquares = 0x1p50;

/// Numbers that are written alike.
constexpr std::size_t kStretch = 4096;

bool is_finite(std::span<const float> values) {
    // Of x - x all are 0 but those of infinity and of no number; a sum needs no branch for each.
    float sum = 0;
    for (const float value : values) {
        sum += value - value;
    }
    return sum == 0;
}

/// Returns how many bytes hold each of the numbers; 0 where all are zero.
unsigned width_of(std::span<const std::int64_t> numbers) {
    std::uint64_t bits = 0;
    bool is_any = false;
    for (const std::int64_t number : numbers) {
        bits |= static_cast<std::uint64_t>(number ^ (number >> 63));
        is_any |= number != 0;
    }
    return is_any ? static_cast<unsigned>(std::bit_width(bits)) / 8 + 1 : 0;
}

void write_stretch(std::span<const std::int64_t> numbers, ByteSink& sink) {
    const unsigned width = width_of(numbers);
    sink.u8(static_cast<std::uint8_t>(width));
    std::uint8_t bytes[kStretch * sizeof(std::int64_t)];
    std::uint8_t* place = bytes;
    for (const std::int64_t number : numbers) {
        for (unsigned i = 0; i < width; ++i) {
            *place++ = static_cast<std::uint8_t>(number >> (8 * i));
        }
    }
    sink.raw({bytes, place});
}

void read_stretch(ByteSource& source, std::span<std::int64_t> numbers) {
    const unsigned width = source.u8();
    if (width > sizeof(std::int64_t)) {
        throw std::invalid_argument("a written value is damaged: numbers of more than 8 bytes");
    }
    if (width == 0) {
        return;
    }
    const std::span<const std::uint8_t> bytes = source.raw(width * numbers.size());
    const unsigned unused = 64 - 8 * width;
    const std::uint8_t* place = bytes.data();
    for (std::int64_t& number : numbers) {
        std::uint64_t bits = 0;
        for (unsigned i = 0; i < width; ++i) {
            bits |= std::uint64_t{*place++} << (8 * i);
        }
        number = static_cast<std::int64_t>(bits << unused) >> unused;
    }
}

/// Returns a number of a sum, which has none while all of them are zero.
std::int64_t number_at(const std::vector<std::int64_t>& numbers, std::size_t place) {
    return place < numbers.size() ? numbers[place] : 0;
}

}  // namespace

void ConsensusSum::add(const ParameterVector& model, const ParameterVector& reference) {
    const std::span<const float> values = model.values();
    const std::span<const float> references = reference.values();
    if (&model == &reference && is_finite(values)) {
        ++count_;
        return;
    }
    high_.resize(values.size());
    low_.resize(values.size());
    ++count_;
    double squares = 0;
    bool is_within = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double difference = static_cast<double>(values[i]) - references[i];
        // Not true of what is no number.
        if (!(std::abs(difference) < kMostDifference)) {
            is_within = false;
            continue;
        }
        const double units = difference * kHighUnits;
        const auto high = static_cast<std::int64_t>(units);
        high_[i] += high;
        low_[i] += static_cast<std::int64_t>((units - static_cast<double>(high)) * kLowUnits);
        squares += difference * difference;
    }
    add_squares(squares, is_within);
}

void ConsensusSum::add(const ConsensusSum& other) {
    high_.resize(std::max(high_.size(), other.high_.size()));
    low_.resize(high_.size());
    for (std::size_t i = 0; i < other.high_.size(); ++i) {
        high_[i] += other.high_[i];
        low_[i] += other.low_[i];
    }
    squares_ += other.squares_;
    count_ += other.count_;
    is_beyond_ |= other.is_beyond_;
}

void ConsensusSum::add_squares(double squares, bool is_within) {
    if (is_within && squares < kMostSquares) {
        squares_ += static_cast<unsigned __int128>(squares * kSquareUnits);
    } else {
        is_beyond_ = true;
    }
}

double ConsensusSum::distance() const {
    const ConsensusSum* const alone[] = {this};
    return distance_of(alone);
}

double ConsensusSum::distance(std::span<const Shared> sums) {
    std::vector<const ConsensusSum*> all;
    for (const Shared& sum : sums) {
        all.push_back(sum.get());
    }
    return distance_of(all);
}

double ConsensusSum::distance_of(std::span<const ConsensusSum* const> sums) {
    std::uint64_t all = 0;
    std::size_t size = 0;
    unsigned __int128 squares = 0;
    bool is_beyond = false;
    for (const ConsensusSum* const sum : sums) {
        all += sum->count_;
        size = std::max(size, sum->high_.size());
        squares += sum->squares_;
        is_beyond |= sum->is_beyond_;
    }
    if (all == 0) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (is_beyond) {
        return std::numeric_limits<double>::infinity();
    }
    // With d_i = x_i - x_0: (1/N) sum ||d_i||^2 - ||mean d||^2.
    const auto count = static_cast<double>(all);
    double mean_square = 0;
    for (std::size_t i = 0; i < size; ++i) {
        std::int64_t high = 0;
        std::int64_t low = 0;
        for (const ConsensusSum* const sum : sums) {
            high += number_at(sum->high_, i);
            low += number_at(sum->low_, i);
        }
        const double value =
            (static_cast<double>(high) + static_cast<double>(low) / kLowUnits) / kHighUnits;
        mean_square += (value / count) * (value / count);
    }
    return std::max(0.0, static_cast<double>(squares) / kSquareUnits / count - mean_square);
}

std::size_t ConsensusSum::memory_bytes() const {
    return sizeof(std::int64_t) * (high_.size() + low_.size());
}

void ConsensusSum::write(ByteSink& sink) const {
    sink.u64(count_);
    sink.u8(is_beyond_ ? 1 : 0);
    sink.u64(static_cast<std::uint64_t>(squares_));
    sink.u64(static_cast<std::uint64_t>(squares_ >> 64));
    const std::size_t stretches = (high_.size() + kStretch - 1) / kStretch;
    sink.u64(stretches);
    sink.u32(static_cast<std::uint32_t>(stretches > 0 ? (high_.size() - 1) % kStretch + 1 : 0));
    for (std::size_t begin = 0; begin < high_.size(); begin += kStretch) {
        const std::size_t count = std::min(kStretch, high_.size() - begin);
        write_stretch(std::span(high_).subspan(begin, count), sink);
        write_stretch(std::span(low_).subspan(begin, count), sink);
    }
}

ConsensusSum ConsensusSum::read(ByteSource& source) {
    ConsensusSum sum;
    sum.count_ = source.u64();
    sum.is_beyond_ = source.u8() != 0;
    const std::uint64_t low = source.u64();
    sum.squares_ = (static_cast<unsigned __int128>(source.u64()) << 64) | low;
    constexpr std::size_t kLeastBytes = 2;  // of a stretch: the widths
    const std::size_t stretches = source.count_of(kLeastBytes);
    const std::size_t last = source.u32();
    if (stretches == 0) {
        return sum;
    }
    if (last == 0 || last > kStretch) {
        throw std::invalid_argument("a written value is damaged: a sum of another length");
    }
    sum.high_.resize(kStretch * (stretches - 1) + last);
    sum.low_.resize(sum.high_.size());
    for (std::size_t begin = 0; begin < sum.high_.size(); begin += kStretch) {
        const std::size_t count = std::min(kStretch, sum.high_.size() - begin);
        read_stretch(source, std::span(sum.high_).subspan(begin, count));
        read_stretch(source, std::span(sum.low_).subspan(begin, count));
    }
    return sum;
}

}  // namespace murmur
