#include "learning/codecs/fpzip_decoder.h"

#include "learning/codecs/codecs.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace murmur {
namespace {

// Names follow fpzip where it has one for the thing; every number here is part of the format.
constexpr unsigned kFrequencyBits = 16;
constexpr std::uint32_t kTotalFrequency = 1u << kFrequencyBits;
constexpr std::uint32_t kLongestPeriod = 1024;

/// The frequencies of symbols as the last period had them (a quasi-static model).
class SymbolModel {
  public:
    explicit SymbolModel(std::uint32_t num_symbols)
        : next_frequency_(num_symbols, kTotalFrequency / num_symbols),
          cumulative_(num_symbols + 1, kTotalFrequency),
          period_(num_symbols / 16 | 2) {
        for (std::uint32_t s = 0; s < kTotalFrequency % num_symbols; ++s) {
            ++next_frequency_[s];
        }
        start_period();
    }

    /// Returns the symbol whose share of [0, 2^16) holds `frequency`.
    [[nodiscard]] std::uint32_t symbol_at(std::uint32_t frequency) const {
        const auto above = std::upper_bound(cumulative_.begin(), cumulative_.end(), frequency);
        return static_cast<std::uint32_t>(above - cumulative_.begin()) - 1;
    }
    [[nodiscard]] std::uint32_t begin_of(std::uint32_t symbol) const { return cumulative_[symbol]; }
    [[nodiscard]] std::uint32_t share_of(std::uint32_t symbol) const {
        return cumulative_[symbol + 1] - cumulative_[symbol];
    }

    void count(std::uint32_t symbol) {
        if (left_ == 0) {
            continue_or_start_period();
        }
        --left_;
        next_frequency_[symbol] += increment_;
    }

  private:
    void continue_or_start_period() {
        if (left_with_larger_ > 0) {
            left_ = left_with_larger_;
            left_with_larger_ = 0;
            ++increment_;
            return;
        }
        start_period();
    }

    /// Takes over the frequencies counted so far, and starts the next ones from their halves, so
    /// that those sum to 2^16 again when the period ends.
    void start_period() {
        period_ = std::min(2 * period_, kLongestPeriod);
        std::uint32_t begin = kTotalFrequency;
        std::uint32_t missing = kTotalFrequency;
        for (std::size_t s = next_frequency_.size(); s-- > 0;) {
            begin -= next_frequency_[s];
            cumulative_[s] = begin;
            next_frequency_[s] = next_frequency_[s] / 2 | 1;
            missing -= next_frequency_[s];
        }
        increment_ = missing / period_;
        left_with_larger_ = missing % period_;
        left_ = period_ - left_with_larger_;
    }

    std::vector<std::uint32_t> next_frequency_;
    std::vector<std::uint32_t> cumulative_;  // of all symbols below; the last is 2^16
    std::uint32_t period_;                   // symbols between two updates of cumulative_
    std::uint32_t increment_ = 0;
    std::uint32_t left_ = 0;              // symbols that still count `increment_`
    std::uint32_t left_with_larger_ = 0;  // symbols after those, which count one more
};

/// A range decoder without carry (Subbotin's): code - low is below range wherever an encoder wrote
/// the bytes, and stays so after each valid symbol.
class RangeDecoder {
  public:
    explicit RangeDecoder(std::span<const std::uint8_t> bytes) : bytes_(bytes) { shift_in(4); }

    std::uint32_t decode_symbol(SymbolModel& model) {
        range_ >>= kFrequencyBits;
        const std::uint32_t symbol = model.symbol_at(quotient(kTotalFrequency));
        low_ += range_ * model.begin_of(symbol);
        range_ *= model.share_of(symbol);
        normalize();
        model.count(symbol);
        return symbol;
    }

    /// Returns the next number of `width` bits: the lower 16 stand before the others.
    std::uint32_t decode_bits(unsigned width) {
        if (width <= 16) {
            return decode_word(width);
        }
        const std::uint32_t low_word = decode_word(16);
        return decode_word(width - 16) << 16 | low_word;
    }

    void expect_end() const { require_encoded_bytes("fpzip", bytes_.size(), position_); }

  private:
    std::uint32_t decode_word(unsigned width) {
        range_ >>= width;
        const std::uint32_t word = quotient(1u << width);
        low_ += range_ * word;
        normalize();
        return word;
    }

    /// Returns in which part of the range the code lies; this check is what the library lacks.
    [[nodiscard]] std::uint32_t quotient(std::uint32_t num_parts) const {
        const std::uint32_t part = (code_ - low_) / range_;
        if (part >= num_parts) {
            refuse_codec("fpzip", fmt::format("damaged before byte {}", position_));
        }
        return part;
    }

    void normalize() {
        while ((low_ ^ (low_ + range_)) >> 24 == 0) {
            shift_in(1);
            range_ <<= 8;
        }
        if (range_ >> 16 == 0) {
            // The highest byte may still change, yet little range is left: cut it at the carry.
            shift_in(2);
            range_ = 0 - low_;
        }
    }

    void shift_in(unsigned num_bytes) {
        for (unsigned i = 0; i < num_bytes; ++i) {
            if (position_ == bytes_.size()) {
                refuse_codec("fpzip",
                             fmt::format("truncated, got {} bytes, allowed more", bytes_.size()));
            }
            code_ = code_ << 8 | bytes_[position_++];
            low_ <<= 8;
        }
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t position_ = 0;
    std::uint32_t low_ = 0;
    std::uint32_t range_ = ~0u;
    std::uint32_t code_ = 0;
};

/// The map between a float's bits and an integer that orders as the floats do.
class OrderedBits {
  public:
    explicit OrderedBits(unsigned bits) : bits_(bits), shift_(32 - bits) {}

    [[nodiscard]] std::uint32_t forward(float value) const {
        return fold(~std::bit_cast<std::uint32_t>(value) >> shift_);
    }
    [[nodiscard]] float inverse(std::uint32_t ordered) const {
        return std::bit_cast<float>(~fold(ordered) << shift_);
    }
    [[nodiscard]] float cut(float value) const {
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) >> shift_ << shift_);
    }

  private:
    [[nodiscard]] std::uint32_t fold(std::uint32_t word) const {
        return word ^ (0 - (word >> (bits_ - 1))) >> (shift_ + 1);
    }

    unsigned bits_;
    unsigned shift_;
};

/// Applies a residual to the prediction: symbol `bits` is none, those above and below say its sign
/// and how many bits it has.
float decode_value(RangeDecoder& decoder,
                   SymbolModel& model,
                   const OrderedBits& ordered,
                   unsigned bits,
                   float predicted) {
    const std::uint32_t symbol = decoder.decode_symbol(model);
    if (symbol == bits) {
        return ordered.cut(predicted);
    }
    const unsigned width = symbol > bits ? symbol - bits - 1 : bits - 1 - symbol;
    const std::uint32_t residual = (1u << width) + decoder.decode_bits(width);
    const std::uint32_t from = ordered.forward(predicted);
    return ordered.inverse(symbol > bits ? from + residual : from - residual);
}

}  // namespace

void decode_fpzip(std::span<const std::uint8_t> bytes, unsigned bits, std::span<float> values) {
    RangeDecoder decoder(bytes);
    SymbolModel model(2 * bits + 1);
    const OrderedBits ordered(bits);
    float previous = 0;
    for (float& value : values) {
        // The sum in three dimensions of which one is left: it turns -0 into 0 and quiets NaN.
        const float predicted = previous + 0.0f;
        value = decode_value(decoder, model, ordered, bits, predicted);
        previous = value;
    }
    decoder.expect_end();
}

}  // namespace murmur
