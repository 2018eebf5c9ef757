#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace murmur {

/// Returns the seed of the random stream that (run seed, purpose, node, round) name.  Adding a
/// node, a round or a purpose moves no other stream.
[[nodiscard]] std::uint64_t stream_seed(std::uint64_t run_seed,
                                        std::string_view purpose,
                                        std::uint64_t node = 0,
                                        std::uint64_t round = 0);

/// A small random generator (xoshiro256**) with distributions of its own, so that the same seed
/// gives the same numbers with every standard library.
class RandomStream {
  public:
    using result_type = std::uint64_t;

    explicit RandomStream(std::uint64_t seed);

    /// Returns 64 uniform bits.
    std::uint64_t operator()();
    [[nodiscard]] static constexpr std::uint64_t min() { return 0; }
    [[nodiscard]] static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

    /// Returns a uniform number in [0, 1) with 53 random bits.
    double uniform();
    /// Returns a uniform number in [low, high).
    double uniform(double low, double high);
    /// Returns a uniform integer in [0, bound), without bias.
    /// @pre bound > 0
    std::uint64_t below(std::uint64_t bound);
    /// Returns a standard normal number (polar Box-Muller method).
    double normal();
    /// Returns a Gamma(shape, 1) number (Marsaglia and Tsang, 2000; boosted below shape 1).
    double gamma(double shape);

    /// Puts the values into uniformly random order (Fisher-Yates).
    template <class T>
    void shuffle(std::span<T> values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[below(i)]);
        }
    }

  private:
    std::uint64_t state_[4];
};

}  // namespace murmur
