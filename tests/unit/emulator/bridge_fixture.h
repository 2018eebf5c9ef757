#pragma once

#include "emulator/tasks/bridge.h"

#include "ns3/simulator.h"

#include <chrono>
#include <ctime>

namespace murmur::test {

/// An empty simulation for one test, destroyed at its end.
struct FreshSimulator {
    FreshSimulator() { ns3::Simulator::Destroy(); }
    ~FreshSimulator() { ns3::Simulator::Destroy(); }
    FreshSimulator(const FreshSimulator&) = delete;
    FreshSimulator& operator=(const FreshSimulator&) = delete;
};

[[nodiscard]] inline std::chrono::nanoseconds thread_cpu_time() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// Keeps this thread busy for so much CPU time.
inline void burn(std::chrono::nanoseconds cpu_time) {
    const std::chrono::nanoseconds end = thread_cpu_time() + cpu_time;
    while (thread_cpu_time() < end) {
    }
}

}  // namespace murmur::test
