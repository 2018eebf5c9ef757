#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace murmur::reality {

/// CPython's `random.Random(seed)`, for jobs whose order of sends was drawn with it: MT19937 with
/// init_by_array() seeding, getrandbits() by rejection, and 53-bit fractions.
class PythonRandom {
  public:
    explicit PythonRandom(std::uint32_t seed);

    /// Returns what `random()` returns: uniform in [0, 1).
    [[nodiscard]] double fraction();

    /// Returns what `uniform(low, high)` returns.
    [[nodiscard]] double uniform(double low, double high);

    /// Does what `shuffle(values)` does.
    template <class T>
    void shuffle(std::vector<T>& values) {
        for (std::size_t last = values.size(); last-- > 1;) {
            std::swap(values[last], values[below(static_cast<std::uint32_t>(last + 1))]);
        }
    }

  private:
    /// Draws a number below `limit`.
    std::uint32_t below(std::uint32_t limit);

    std::mt19937 bits_;
};

}  // namespace murmur::reality
