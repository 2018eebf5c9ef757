#include "tests/reality/real_relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <deque>
#include <memory>
#include <optional>
#include <poll.h>
#include <queue>
#include <random>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace murmur::reality {

namespace {

constexpr std::size_t kMostBytes = 1600;

struct RealPacket {
    std::array<unsigned char, kMostBytes> bytes;
    std::size_t size = 0;
    std::size_t to = 0;
};

/// One direction of a host's link.
struct RealLink {
    double bps = 0;  ///< 0: no limit
    std::uint32_t queue_packets = 0;
    std::int64_t free_at = 0;
    std::deque<std::int64_t> departures{};
};

struct Event {
    std::int64_t at;
    std::uint64_t sequence;  ///< what comes first at equal times
    bool is_arrival;         ///< at the host, not at its downlink
    std::shared_ptr<RealPacket> packet;

    bool operator<(const Event& other) const {
        return std::pair(at, sequence) > std::pair(other.at, other.sequence);
    }
};

/// The links, as one thread serves them.
class Wires {
  public:
    Wires(const RealHosts& hosts,
          const RealityJob& job,
          std::uint64_t seed,
          const std::atomic<std::int64_t>& begin_ns,
          RelayCounts& counts)
        : hosts_(hosts), job_(job), begin_ns_(begin_ns), counts_(counts), chance_(seed) {
        for (const HostLinks& host : job.hosts) {
            // Shaped at the host, packets come at their rate.
            const double up_bps = job.at_host ? 0 : static_cast<double>(host.up_bps);
            up_.push_back({up_bps, job.queue_packets});
            down_.push_back({static_cast<double>(host.down_bps), job.queue_packets});
        }
    }

    /// Does what is due. @return when the next thing is
    std::int64_t advance() {
        while (!events_.empty() && events_.top().at <= now_ns()) {
            const Event event = events_.top();
            events_.pop();
            if (event.is_arrival) {
                const double late_s = static_cast<double>(now_ns() - event.at) * 1e-9;
                counts_.worst_lateness_s = std::max(counts_.worst_lateness_s, late_s);
                const RealPacket& packet = *event.packet;
                (void)!write(hosts_.interface_of(packet.to), packet.bytes.data(), packet.size);
            } else if (const auto end = pass(down_[event.packet->to], event.at, *event.packet)) {
                schedule(*end, true, event.packet);
            }
        }
        return events_.empty() ? INT64_MAX : events_.top().at;
    }

    /// Reads what a host sends.
    void read_from(std::size_t host) {
        for (int i = 0; i < 64; ++i) {
            const auto packet = std::make_shared<RealPacket>();
            const ssize_t size =
                read(hosts_.interface_of(host), packet->bytes.data(), packet->bytes.size());
            if (size <= 0) {
                return;
            }
            // IPv4 between hosts alone: the last byte of the destination is the host, from 1.
            packet->size = static_cast<std::size_t>(size);
            packet->to = packet->bytes[19] - 1U;
            if (size < 20 || packet->bytes[0] >> 4 != 4 || packet->bytes[16] != 10 ||
                packet->bytes[17] != 77 || packet->to >= hosts_.size()) {
                continue;
            }
            const auto end = pass(up_[host], now_ns(), *packet);
            if (!end) {
                continue;
            }
            if (job_.loss > 0 && std::bernoulli_distribution(job_.loss)(chance_)) {
                ++counts_.losses;
                continue;
            }
            schedule(*end + job_.hosts[host].latency_ns + job_.hosts[packet->to].latency_ns,
                     false,
                     packet);
        }
    }

  private:
    void schedule(std::int64_t at, bool is_arrival, std::shared_ptr<RealPacket> packet) {
        events_.push({at, next_sequence_++, is_arrival, std::move(packet)});
    }

    /// Returns when a packet has left a link; nothing if its queue is full.
    std::optional<std::int64_t> pass(RealLink& link, std::int64_t at, const RealPacket& packet) {
        while (!link.departures.empty() && link.departures.front() <= at) {
            link.departures.pop_front();
        }
        if (link.bps == 0) {
            return at;
        }
        // The first of them is not waiting but being transmitted.
        if (link.departures.size() > link.queue_packets) {
            ++counts_.drops;
            return std::nullopt;
        }
        std::int64_t start = std::max(link.free_at, at);
        double factor = 1;
        if (job_.spell) {
            const std::int64_t from = begin_ns_ + std::llround(1e9 * job_.spell->begin_s);
            const std::int64_t until = from + std::llround(1e9 * job_.spell->duration_s);
            if (start >= from && start < until) {
                factor = job_.spell->factor > 0 ? job_.spell->factor : 1;
                start = job_.spell->factor > 0 ? start : until;
            }
        }
        link.free_at = start + static_cast<std::int64_t>(8e9 * static_cast<double>(packet.size) /
                                                         (link.bps * factor));
        link.departures.push_back(link.free_at);
        return link.free_at;
    }

    const RealHosts& hosts_;
    const RealityJob& job_;
    const std::atomic<std::int64_t>& begin_ns_;
    RelayCounts& counts_;
    std::mt19937_64 chance_;
    std::vector<RealLink> up_;
    std::vector<RealLink> down_;
    std::priority_queue<Event> events_;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void set_real_time(int priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    (void)sched_setscheduler(0, SCHED_FIFO, &parameters);
    (void)prctl(PR_SET_TIMERSLACK, 1);
}

RealRelay::RealRelay(const RealHosts& hosts, const RealityJob& job, std::uint64_t seed)
    : thread_([this, &hosts, &job, seed] { run(hosts, job, seed); }) {}

RealRelay::~RealRelay() {
    stop();
}

RelayCounts RealRelay::stop() {
    is_stopped_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
    return counts_;
}

void RealRelay::run(const RealHosts& hosts, const RealityJob& job, std::uint64_t seed) {
    set_real_time(50);
    Wires wires(hosts, job, seed, begin_ns_, counts_);
    std::vector<pollfd> interfaces;
    for (std::size_t host = 0; host < hosts.size(); ++host) {
        interfaces.push_back({hosts.interface_of(host), POLLIN, 0});
    }
    while (!is_stopped_) {
        constexpr std::int64_t kGlance = 20'000'000;  // whether it is to stop
        const std::int64_t wait = std::clamp<std::int64_t>(wires.advance() - now_ns(), 0, kGlance);
        const timespec timeout{0, static_cast<long>(wait)};
        if (ppoll(interfaces.data(), interfaces.size(), &timeout, nullptr) <= 0) {
            continue;
        }
        for (std::size_t host = 0; host < hosts.size(); ++host) {
            if ((interfaces[host].revents & POLLIN) != 0) {
                wires.read_from(host);
            }
        }
    }
}

}  // namespace murmur::reality
