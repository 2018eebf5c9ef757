#pragma once

#include <ctime>

namespace murmur::bench {

/// Returns the CPU seconds of this thread. Unlike std::clock(), whose steps are those of the
/// scheduler in a process with a limit of CPU time, it counts nanoseconds.
[[nodiscard]] inline double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace murmur::bench
