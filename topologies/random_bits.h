#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <utility>

namespace murmur {

/// Random draws that are a function of the seed alone, with every standard library: the engine is
/// fixed by the C++ standard, and the distributions, which are not, are written out here.
class RandomBits {
  public:
    explicit RandomBits(std::uint64_t seed) : engine_(seed) {}

    /// Returns a uniform integer in [0, bound), without bias.
    /// @pre bound > 0
    std::uint64_t below(std::uint64_t bound) {
        // The lowest 2^64 mod bound values would make the small remainders more likely.
        const std::uint64_t surplus = (0 - bound) % bound;
        std::uint64_t bits = engine_();
        while (bits < surplus) {
            bits = engine_();
        }
        return bits % bound;
    }

    /// Returns a uniform number in [0, 1), a multiple of 2^-53.
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

    /// Returns true with this probability; always for 1, never for 0.
    bool bernoulli(double probability) { return uniform() < probability; }

    /// Puts the values into uniformly random order (Fisher-Yates).
    template <class T>
    void shuffle(std::span<T> values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[below(i)]);
        }
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace murmur
