#include "tests/reality/real_hosts.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace murmur::reality {

namespace {

constexpr int kMtu = 1500;
constexpr const char* kInterface = "tun0";

int checked(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

void set_sysctl(const std::string& name, const std::string& value) {
    std::ofstream file("/proc/sys/net/" + name);
    if (!(file << value << std::flush)) {
        throw std::runtime_error(fmt::format("cannot set net/{} to {}", name, value));
    }
}

/// What Linux comes with, whatever this machine is set to.
void set_tcp_defaults() {
    set_sysctl("ipv4/tcp_rmem", "4096 131072 6291456");
    set_sysctl("ipv4/tcp_wmem", "4096 16384 4194304");
    set_sysctl("ipv4/tcp_slow_start_after_idle", "1");
}

ifreq request_of(const char* interface) {
    ifreq request{};
    std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    return request;
}

void set_address(ifreq& request, const std::string& address) {
    auto* const place = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
    place->sin_family = AF_INET;
    inet_pton(AF_INET, address.c_str(), &place->sin_addr);
}

Descriptor make_interface(const std::string& address) {
    Descriptor tun(checked(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun"));
    ifreq request = request_of(kInterface);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    checked(ioctl(tun.number(), TUNSETIFF, &request), "TUNSETIFF");
    const Descriptor any(checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    request = request_of(kInterface);
    set_address(request, address);
    checked(ioctl(any.number(), SIOCSIFADDR, &request), "SIOCSIFADDR");
    set_address(request, "255.255.255.0");
    checked(ioctl(any.number(), SIOCSIFNETMASK, &request), "SIOCSIFNETMASK");
    request = request_of(kInterface);
    request.ifr_mtu = kMtu;
    checked(ioctl(any.number(), SIOCSIFMTU, &request), "SIOCSIFMTU");
    // The queues are the relay's: this one must never be full.
    request = request_of(kInterface);
    request.ifr_qlen = 10'000;
    checked(ioctl(any.number(), SIOCSIFTXQLEN, &request), "SIOCSIFTXQLEN");
    for (const char* const name : {"lo", kInterface}) {
        request = request_of(name);
        checked(ioctl(any.number(), SIOCGIFFLAGS, &request), "SIOCGIFFLAGS");
        request.ifr_flags |= IFF_UP | IFF_RUNNING;
        checked(ioctl(any.number(), SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
    }
    return tun;
}

/// Shapes what leaves a host at its own interface, where TCP small queues see it.
void shape_interface(std::uint64_t rate_bps, std::uint32_t queue_packets) {
    const std::string command =
        fmt::format("tc qdisc add dev {} root tbf rate {}bit burst 1600 limit {}",
                    kInterface,
                    rate_bps,
                    queue_packets * kMtu);
    if (std::system(command.c_str()) != 0) {
        throw std::runtime_error("cannot run: " + command);
    }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (number_ >= 0) {
            close(number_);
        }
        number_ = other.release();
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        close(number_);
    }
}

int Descriptor::release() {
    return std::exchange(number_, -1);
}

RealHosts::RealHosts(const RealityJob& job) {
    for (std::size_t host = 0; host < job.hosts.size(); ++host) {
        checked(unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)");
        namespaces_.emplace_back(
            checked(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "ns/net"));
        set_tcp_defaults();
        interfaces_.push_back(make_interface(address_of(host)));
        if (job.at_host) {
            shape_interface(job.hosts[host].up_bps, job.queue_packets);
        }
    }
}

void RealHosts::enter(std::size_t host) const {
    checked(setns(namespaces_[host].number(), CLONE_NEWNET), "setns");
}

std::string RealHosts::address_of(std::size_t host) {
    return fmt::format("10.77.0.{}", host + 1);
}

}  // namespace murmur::reality
