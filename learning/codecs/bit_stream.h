#pragma once

#include "learning/codec.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace murmur {

/// Writes numbers of any width, the highest bit first, without gaps.
class BitWriter {
  public:
    /// @param expected_bits  a guess; room for more is made as needed
    explicit BitWriter(std::size_t expected_bits) : bytes_(expected_bits / 8 + 8) {}

    /// @pre width <= 33 and value < 2^width
    void put(std::uint64_t value, unsigned width) {
        pending_ = pending_ << width | value;
        num_pending_ += width;
        while (num_pending_ >= 32) {
            num_pending_ -= 32;
            put_word(static_cast<std::uint32_t>(pending_ >> num_pending_));
        }
    }

    /// Puts several numbers of one width, as many at once as a word holds.
    /// @pre 1 <= width <= 32 and every number < 2^width
    void put_all(std::span<const std::uint32_t> numbers, unsigned width) {
        const std::size_t per_word = 32 / width;
        while (numbers.size() >= per_word) {
            std::uint64_t word = 0;
            for (std::size_t i = 0; i < per_word; ++i) {
                word = word << width | numbers[i];
            }
            put(word, static_cast<unsigned>(per_word) * width);
            numbers = numbers.subspan(per_word);
        }
        for (const std::uint32_t number : numbers) {
            put(number, width);
        }
    }

    /// Returns all bits, filled up with zeros to whole bytes.
    [[nodiscard]] Bytes finish() {
        const std::size_t size = size_ + (num_pending_ + 7) / 8;
        put_word(static_cast<std::uint32_t>(pending_ << (32 - num_pending_)));
        bytes_.resize(size);
        return std::move(bytes_);
    }

  private:
    void put_word(std::uint32_t word) {
        if (bytes_.size() < size_ + 4) {
            bytes_.resize(2 * bytes_.size());
        }
        // Not by way of the members: bytes may alias them, and would go out one by one.
        std::uint8_t* const to = bytes_.data() + size_;
        for (unsigned i = 0; i < 4; ++i) {
            to[i] = static_cast<std::uint8_t>(word >> (24 - 8 * i));
        }
        size_ += 4;
    }

    Bytes bytes_;                // with room behind what is written
    std::size_t size_ = 0;       // what is written
    std::uint64_t pending_ = 0;  // its lowest num_pending_ bits are not written yet
    unsigned num_pending_ = 0;   // below 32 between calls
};

/// Reads what a `BitWriter` wrote; never past the end.
class BitReader {
  public:
    /// @param codec  whose bits these are, for messages
    BitReader(std::string_view codec, std::span<const std::uint8_t> bytes)
        : codec_(codec), rest_(bytes), size_(bytes.size()) {}

    /// @pre width <= 56
    /// @throws std::invalid_argument  where fewer bits are left
    std::uint64_t get(unsigned width) {
        refill();
        if (width > available_) {
            refuse_end();
        }
        // In two steps: a shift by 64 is undefined.
        const std::uint64_t value = window_ >> 1 >> (63 - width);
        consume(width);
        return value;
    }

    /// Gets several numbers of one width, as many at once as the window holds.
    /// @pre 1 <= width <= 32
    /// @throws std::invalid_argument  where fewer bits are left
    void get_all(std::span<std::uint32_t> numbers, unsigned width) {
        const std::size_t per_window = 56 / width;
        while (numbers.size() >= per_window) {
            refill();
            if (per_window * width > available_) {
                refuse_end();
            }
            std::uint64_t window = window_;  // a copy, which the numbers cannot alias
            for (std::size_t i = 0; i < per_window; ++i) {
                numbers[i] = static_cast<std::uint32_t>(window >> (64 - width));
                window <<= width;
            }
            consume(static_cast<unsigned>(per_window) * width);
            numbers = numbers.subspan(per_window);
        }
        for (std::uint32_t& number : numbers) {
            number = static_cast<std::uint32_t>(get(width));
        }
    }

    /// Returns the next bits without passing over them; behind the end there are zeros.
    /// @pre 1 <= width <= 56
    std::uint64_t peek(unsigned width) {
        refill();
        return window_ >> (64 - width);
    }

    /// Returns whether so many of the bits just peeked at are there.
    [[nodiscard]] bool has(unsigned width) const { return width <= available_; }

    /// Passes over bits just peeked at.
    /// @pre has(width)
    void skip(unsigned width) { consume(width); }

    /// Passes over the zero bits before the next one bit and returns their number.
    /// @throws std::invalid_argument  where no one bit follows within 32 zeros
    unsigned skip_zeros() {
        refill();
        const auto zeros = static_cast<unsigned>(std::countl_zero(window_));
        if (zeros >= available_ || zeros > 32) {
            refuse_zeros();
        }
        consume(zeros);
        return zeros;
    }

    /// @throws std::invalid_argument  where more is left than the zeros that fill the last byte
    void expect_end();

  private:
    void refill() {
        if (rest_.size() >= 8) {
            // Whole bytes alone are counted; the bits behind them are loaded once more next time.
            window_ |= load_big_endian(rest_.data()) >> available_;
            rest_ = rest_.subspan((63 - available_) / 8);
            available_ |= 56;
            return;
        }
        while (available_ <= 56 && !rest_.empty()) {
            window_ |= std::uint64_t{rest_.front()} << (56 - available_);
            available_ += 8;
            rest_ = rest_.subspan(1);
        }
    }
    static std::uint64_t load_big_endian(const std::uint8_t* from) {
        std::uint64_t word = 0;
        for (int i = 0; i < 8; ++i) {
            word = word << 8 | from[i];
        }
        return word;
    }
    void consume(unsigned width) {
        window_ <<= width;
        available_ -= width;
    }
    [[noreturn]] void refuse_end() const;
    [[noreturn]] void refuse_zeros() const;

    std::string_view codec_;
    std::span<const std::uint8_t> rest_;
    std::size_t size_;
    std::uint64_t window_ = 0;  // the next bits, from the highest
    unsigned available_ = 0;    // how many of them are whole bytes taken off rest_
};

}  // namespace murmur
