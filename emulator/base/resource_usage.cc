#include "emulator/base/resource_usage.h"

#include "tools/text/hash.h"

#include <fmt/format.h>

#include <bit>
#include <ctime>
#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/resource.h>

namespace murmur {

namespace {

double clock_seconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

double process_cpu_seconds() {
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double thread_cpu_seconds() {
    return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}

std::uint64_t peak_rss_bytes() {
    // getrusage knows no reset.
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stoull(line.substr(6)) * 1024;
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void reset_peak_rss() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    std::ofstream("/proc/self/clear_refs") << "5\n";
}

std::string parameter_hash(std::span<const Parameters> nodes) {
    // FNV-1a over 32-bit words, with a rotation so that high bits reach low ones.
    std::uint64_t hash = kHashStart;
    for (const Parameters& parameters : nodes) {
        for (const float value : parameters->values()) {
            hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * kHashPrime;
            hash ^= hash >> 32;
        }
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace murmur
