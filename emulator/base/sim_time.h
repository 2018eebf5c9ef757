#pragma once

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>

namespace murmur {

/// A duration, or an instant since the start, of simulated time.
using SimTime = std::chrono::nanoseconds;

[[nodiscard]] inline double to_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// The longest single duration, 31 years: a few of them still add up within the 64 bits of ns-3.
inline constexpr double kLongestSeconds = 1e9;

/// Makes sure that a duration can be counted.
/// @throws std::range_error  beyond `kLongestSeconds`, and for NaN
inline void check_countable(double seconds) {
    if (!(std::abs(seconds) <= kLongestSeconds)) {
        throw std::range_error("a simulated duration of " + std::to_string(seconds) +
                               " s, allowed up to 1e9 s");
    }
}

/// Rounds to the nearest nanosecond.
/// @throws std::range_error  where the duration can't be counted
[[nodiscard]] inline SimTime from_seconds(double seconds) {
    check_countable(seconds);
    return SimTime(std::llround(seconds * 1e9));
}

}  // namespace murmur
