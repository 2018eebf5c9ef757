#include "emulator/base/resource_usage.h"

#include "tools/text/hash.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>
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

/// A step of FNV-1a over a word, and a shift, so that high bits reach low ones.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * kHashPrime;
    return hash ^ (hash >> 32);
}

/// Returns a hash of one model.  Its four lanes take turns, because a step waits for the one before
/// it: at ten thousand nodes one lane took a twelfth of the simulator's time.
std::uint64_t hash_of(std::span<const float> values) {
    constexpr std::size_t kLanes = 4;
    constexpr std::size_t kStride = kLanes * sizeof(std::uint64_t) / sizeof(float);
    std::array<std::uint64_t, kLanes> lanes{};
    lanes.fill(kHashStart);
    std::size_t i = 0;
    for (; i + kStride <= values.size(); i += kStride) {
        std::array<std::uint64_t, kLanes> words;
        std::memcpy(words.data(), values.data() + i, sizeof words);
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            lanes[lane] = mixed(lanes[lane], words[lane]);
        }
    }
    std::uint64_t hash = kHashStart;
    for (const std::uint64_t lane : lanes) {
        hash = mixed(hash, lane);
    }
    for (; i < values.size(); ++i) {
        hash = mixed(hash, std::bit_cast<std::uint32_t>(values[i]));
    }
    return hash;
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

std::uint64_t parameter_hash(const ParameterVector& model) {
    return hash_of(model.values());
}

std::string combined_hash(std::span<const std::uint64_t> nodes) {
    std::uint64_t hash = kHashStart;
    for (const std::uint64_t node : nodes) {
        hash = mixed(hash, node);
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace murmur
