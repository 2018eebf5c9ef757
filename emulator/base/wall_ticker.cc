#include "emulator/base/wall_ticker.h"

#include "ns3/simulator.h"

#include <utility>

namespace murmur {

WallTicker::WallTicker(std::chrono::milliseconds period, std::function<void()> on_tick)
    : on_tick_(std::move(on_tick)) {
    // The simulator takes note of its own thread when it is made; it must not be the ticker's.
    ns3::Simulator::Now();
    thread_ = std::thread([this, period] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, period, [this] { return stopping_; })) {
            if (!tick_is_queued_) {
                tick_is_queued_ = true;
                // ScheduleWithContext is the simulator's one call for other threads.
                ns3::Simulator::ScheduleWithContext(
                    ns3::Simulator::NO_CONTEXT, ns3::Seconds(0), &WallTicker::tick, this);
            }
        }
    });
}

WallTicker::~WallTicker() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void WallTicker::tick() {
    {
        const std::lock_guard lock(mutex_);
        tick_is_queued_ = false;
    }
    ++ticks_;
    on_tick_();
}

}  // namespace murmur
