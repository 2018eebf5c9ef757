#include "tests/reality/real_traffic.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace murmur::reality {

namespace {

constexpr std::uint16_t kPort = 5000;
constexpr std::uint16_t kFirstSenderPort = 20'000;  // plus the parcel: tells whose connection it is

enum class Kind : std::uint32_t { kSender, kListener, kReceiver, kTimer };

int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

sockaddr_in address_at(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
}

class Traffic {
  public:
    Traffic(const RealHosts& hosts, const RealityJob& job)
        : hosts_(hosts),
          job_(job),
          streams_(job.parcels.size()),
          peers_(job.hosts.size()),
          poll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
          seconds_(job.rounds > 1 ? job.rounds : job.parcels.size(), 0),
          buffer_(1 << 20) {
        for (std::size_t host = 0; host < peers_.size(); ++host) {
            listen_at(host);
        }
    }

    Outcome run(RealRelay& relay) {
        begin_ns_ = now_ns();
        relay.begin(begin_ns_);
        for (std::size_t host = 0; host < peers_.size(); ++host) {
            start_round(host);
        }
        std::array<epoll_event, 64> events{};
        while (num_done_ < (job_.rounds > 1 ? peers_.size() : streams_.size())) {
            const int count =
                epoll_wait(poll_.number(), events.data(), static_cast<int>(events.size()), 60'000);
            if (count == 0) {
                throw std::runtime_error("nothing has happened for a minute");
            }
            for (int i = 0; i < count; ++i) {
                handle(events[static_cast<std::size_t>(i)].data.u64);
            }
        }
        Outcome outcome{seconds_};
        for (const Stream& stream : streams_) {
            tcp_info info{};
            socklen_t size = sizeof info;
            if (getsockopt(stream.sender.number(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
                outcome.retransmissions += info.tcpi_total_retrans;
            }
        }
        return outcome;
    }

  private:
    /// One connection.
    struct Stream {
        Descriptor sender{};
        Descriptor receiver{};
        bool is_connected = false;
        std::uint64_t sent = 0;
        std::uint64_t target = 0;
        std::uint64_t received = 0;
    };

    /// One host.
    struct Peer {
        Descriptor listener{};
        Descriptor timer{};
        std::uint32_t round = 1;
        bool has_started = false;
    };

    void watch(int descriptor, std::uint32_t what, Kind kind, std::size_t index) {
        epoll_event event{};
        event.events = what;
        event.data.u64 = (static_cast<std::uint64_t>(kind) << 32) | index;
        checked(epoll_ctl(poll_.number(), EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
    }

    void listen_at(std::size_t host) {
        hosts_.enter(host);
        Peer& peer = peers_[host];
        peer.listener = Descriptor(
            checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
        const sockaddr_in address = address_at("0.0.0.0", kPort);
        const auto* const any = reinterpret_cast<const sockaddr*>(&address);
        checked(bind(peer.listener.number(), any, sizeof address), "bind");
        checked(listen(peer.listener.number(), 128), "listen");
        watch(peer.listener.number(), EPOLLIN, Kind::kListener, host);
        peer.timer =
            Descriptor(checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), "timerfd_create"));
        watch(peer.timer.number(), EPOLLIN, Kind::kTimer, host);
    }

    void start_round(std::size_t host) {
        peers_[host].has_started = true;
        for (std::size_t index = 0; index < streams_.size(); ++index) {
            if (job_.parcels[index].from != host) {
                continue;
            }
            Stream& stream = streams_[index];
            stream.target += job_.parcels[index].size_bytes;
            stream.sender.number() < 0 ? connect_stream(index) : pump(stream);
        }
        end_round_if_complete(host);
    }

    void connect_stream(std::size_t index) {
        const Parcel& parcel = job_.parcels[index];
        hosts_.enter(parcel.from);
        Stream& stream = streams_[index];
        stream.sender = Descriptor(
            checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
        const int yes = 1;
        checked(setsockopt(stream.sender.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes),
                "TCP_NODELAY");
        // Not by the namespace's sysctl: that takes only what the whole machine allows everybody.
        checked(setsockopt(stream.sender.number(),
                           IPPROTO_TCP,
                           TCP_CONGESTION,
                           job_.congestion.data(),
                           static_cast<socklen_t>(job_.congestion.size())),
                "TCP_CONGESTION");
        const sockaddr_in own =
            address_at("0.0.0.0", static_cast<std::uint16_t>(kFirstSenderPort + index));
        checked(bind(stream.sender.number(), reinterpret_cast<const sockaddr*>(&own), sizeof own),
                "bind");
        const sockaddr_in peer = address_at(RealHosts::address_of(parcel.to), kPort);
        if (connect(stream.sender.number(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) <
                0 &&
            errno != EINPROGRESS) {
            throw std::system_error(errno, std::generic_category(), "connect");
        }
        watch(stream.sender.number(), EPOLLOUT | EPOLLET, Kind::kSender, index);
    }

    void pump(Stream& stream) {
        while (stream.is_connected && stream.sent < stream.target) {
            const std::size_t size =
                std::min<std::uint64_t>(stream.target - stream.sent, buffer_.size());
            const ssize_t sent = send(stream.sender.number(), buffer_.data(), size, MSG_NOSIGNAL);
            if (sent < 0) {
                if (errno != EAGAIN) {
                    throw std::system_error(errno, std::generic_category(), "send");
                }
                return;
            }
            stream.sent += static_cast<std::uint64_t>(sent);
        }
    }

    void handle(std::uint64_t tag) {
        const std::size_t index = tag & 0xffffffffU;
        switch (static_cast<Kind>(tag >> 32)) {
            case Kind::kSender:
                streams_[index].is_connected = true;
                pump(streams_[index]);
                break;
            case Kind::kListener:
                accept_at(index);
                break;
            case Kind::kReceiver:
                receive(index);
                break;
            case Kind::kTimer: {
                std::uint64_t expiries = 0;
                (void)!read(peers_[index].timer.number(), &expiries, sizeof expiries);
                start_round(index);
                break;
            }
        }
    }

    void accept_at(std::size_t host) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        for (;;) {
            const int accepted = accept4(peers_[host].listener.number(),
                                         reinterpret_cast<sockaddr*>(&peer),
                                         &size,
                                         SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (accepted < 0) {
                return;
            }
            const std::size_t index = ntohs(peer.sin_port) - kFirstSenderPort;
            streams_.at(index).receiver = Descriptor(accepted);
            watch(accepted, EPOLLIN, Kind::kReceiver, index);
        }
    }

    void receive(std::size_t index) {
        Stream& stream = streams_[index];
        const std::uint64_t message = job_.parcels[index].size_bytes;
        for (;;) {
            const ssize_t size = recv(stream.receiver.number(), buffer_.data(), buffer_.size(), 0);
            if (size <= 0) {
                return;
            }
            const std::uint64_t before = stream.received / message;
            stream.received += static_cast<std::uint64_t>(size);
            if (stream.received / message == before) {
                continue;
            }
            if (job_.rounds == 1) {
                seconds_[index] = elapsed_s();
                ++num_done_;
            } else {
                end_round_if_complete(job_.parcels[index].to);
            }
        }
    }

    void end_round_if_complete(std::size_t host) {
        Peer& peer = peers_[host];
        if (job_.rounds == 1 || !peer.has_started || peer.round > job_.rounds) {
            return;
        }
        for (std::size_t index = 0; index < streams_.size(); ++index) {
            if (job_.parcels[index].to == host &&
                streams_[index].received < peer.round * job_.parcels[index].size_bytes) {
                return;
            }
        }
        double& last = seconds_[peer.round - 1];
        last = std::max(last, elapsed_s());
        if (++peer.round > job_.rounds) {
            ++num_done_;
            return;
        }
        peer.has_started = false;
        // A timer of 0 would never expire.
        const long compute_ns = std::max(1L, static_cast<long>(job_.compute_us) * 1000);
        const itimerspec time{{0, 0}, {compute_ns / 1'000'000'000, compute_ns % 1'000'000'000}};
        checked(timerfd_settime(peer.timer.number(), 0, &time, nullptr), "timerfd_settime");
    }

    [[nodiscard]] double elapsed_s() const {
        return static_cast<double>(now_ns() - begin_ns_) * 1e-9;
    }

    const RealHosts& hosts_;
    const RealityJob& job_;
    std::vector<Stream> streams_;  // by parcel
    std::vector<Peer> peers_;      // by host
    Descriptor poll_;
    std::vector<double> seconds_;
    std::vector<char> buffer_;
    std::int64_t begin_ns_ = 0;
    std::size_t num_done_ = 0;
};

}  // namespace

Outcome send_for_real(const RealHosts& hosts, const RealityJob& job, RealRelay& relay) {
    set_real_time(40);
    return Traffic(hosts, job).run(relay);
}

}  // namespace murmur::reality
