#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace murmur {

/// Runs a function on the simulator thread every so often in real time, between two events, at
/// whatever simulated instant it is: for progress and interrupts, which must not shape the run.
class WallTicker {
  public:
    WallTicker(std::chrono::milliseconds period, std::function<void()> on_tick);
    ~WallTicker();
    WallTicker(const WallTicker&) = delete;
    WallTicker& operator=(const WallTicker&) = delete;

    /// Returns how many events of the simulator were ticks.
    [[nodiscard]] std::uint64_t ticks() const { return ticks_; }

  private:
    void tick();

    std::function<void()> on_tick_;
    std::uint64_t ticks_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool tick_is_queued_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace murmur
