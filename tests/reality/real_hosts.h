#pragma once

#include "tests/reality/job.h"

#include <cstddef>
#include <string>
#include <vector>

namespace murmur::reality {

/// A file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    [[nodiscard]] int number() const { return number_; }
    int release();

  private:
    int number_;
};

/// Linux hosts: a network namespace each, with an interface whose packets this process carries.
/// Host i has the address 10.77.0.(i+1). They are gone when this object is.
class RealHosts {
  public:
    /// @throws std::system_error  if the kernel refuses; needs root
    explicit RealHosts(const RealityJob& job);

    [[nodiscard]] std::size_t size() const { return interfaces_.size(); }

    /// What host `host` sends is read here, and what it receives is written here: IPv4 packets.
    [[nodiscard]] int interface_of(std::size_t host) const { return interfaces_[host].number(); }

    /// Moves the calling thread into a host: sockets that it makes are that host's.
    void enter(std::size_t host) const;

    [[nodiscard]] static std::string address_of(std::size_t host);

  private:
    std::vector<Descriptor> namespaces_;
    std::vector<Descriptor> interfaces_;
};

}  // namespace murmur::reality
