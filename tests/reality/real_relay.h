#pragma once

#include "tests/reality/real_hosts.h"

#include <atomic>
#include <cstdint>
#include <thread>

namespace murmur::reality {

/// What the relay has seen.
struct RelayCounts {
    std::uint64_t drops = 0;      ///< packets, by full queues
    std::uint64_t losses = 0;     ///< packets, by chance
    double worst_lateness_s = 0;  ///< of a packet, behind its time
};

/// The wide area between real hosts, as the `wan` underlay has it: an uplink and a downlink each,
/// with rate, drop-tail queue and latency. A thread of its own, with real-time priority, carries
/// the packets. A packet's times are reckoned from the one at which it was read, so a late wake-up
/// delays a packet but does not add up over packets.
class RealRelay {
  public:
    RealRelay(const RealHosts& hosts, const RealityJob& job, std::uint64_t seed);
    RealRelay(const RealRelay&) = delete;
    RealRelay& operator=(const RealRelay&) = delete;
    ~RealRelay();

    /// Says when the job begins, by now_ns(): its spell is reckoned from there.
    void begin(std::int64_t now_ns) { begin_ns_ = now_ns; }

    /// Ends the thread.
    RelayCounts stop();

  private:
    void run(const RealHosts& hosts, const RealityJob& job, std::uint64_t seed);

    std::atomic<std::int64_t> begin_ns_{INT64_MAX / 2};
    std::atomic<bool> is_stopped_{false};
    RelayCounts counts_;
    std::thread thread_;
};

/// The monotonic clock.
[[nodiscard]] std::int64_t now_ns();

/// Gives the calling thread a real-time priority, or leaves it where that is not allowed.
void set_real_time(int priority);

}  // namespace murmur::reality
