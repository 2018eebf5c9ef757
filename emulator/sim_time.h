#pragma once

#include <chrono>
#include <cmath>

namespace murmur {

/// A duration, or an instant since the start, of simulated time.
using SimTime = std::chrono::nanoseconds;

[[nodiscard]] inline double to_seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// Rounds to the nearest nanosecond.
[[nodiscard]] inline SimTime from_seconds(double seconds) {
    return SimTime(std::llround(seconds * 1e9));
}

}  // namespace murmur
