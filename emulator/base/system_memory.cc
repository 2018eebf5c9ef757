#include "emulator/base/system_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace murmur {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// Reads the number at the start of a file; nothing where there is none ("max", no such file).
std::optional<std::uint64_t> number_in(const fs::path& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    return file >> number ? std::optional(number) : std::nullopt;
}

/// Reads a line `name: N kB` of /proc.
std::uint64_t kilobytes_of(const char* path, const std::string& name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":")) {
            return std::stoull(line.substr(name.size() + 1)) * 1024;
        }
    }
    return kNoLimit;
}

/// What one control group leaves; page cache that can be dropped does not count as used.
std::uint64_t left_in_group(const fs::path& group, const char* limit, const char* usage) {
    const std::optional<std::uint64_t> most = number_in(group / limit);
    const std::optional<std::uint64_t> used = number_in(group / usage);
    if (!most || !used) {
        return kNoLimit;
    }
    std::uint64_t cache = 0;
    std::ifstream stat(group / "memory.stat");
    for (std::string name, value; stat >> name >> value;) {
        if (name == "inactive_file" || name == "total_inactive_file") {
            cache = std::stoull(value);
        }
    }
    const std::uint64_t held = *used - std::min(*used, cache);
    return *most - std::min(*most, held);
}

/// The least that a control group of this process leaves, its parents among them.
std::uint64_t left_in_groups() {
    std::uint64_t least = kNoLimit;
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const bool is_unified = controllers.empty();
        if (!is_unified && controllers != "memory") {
            continue;
        }
        const fs::path root = is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        fs::path group = fs::path(line.substr(second + 1)).relative_path();
        while (true) {
            least = std::min(
                least,
                is_unified ? left_in_group(root / group, "memory.max", "memory.current")
                           : left_in_group(
                                 root / group, "memory.limit_in_bytes", "memory.usage_in_bytes"));
            if (group.empty()) {
                break;
            }
            group = group.parent_path();
        }
    }
    return least;
}

std::uint64_t left_of_address_space() {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return kNoLimit;
    }
    const std::uint64_t used = number_in("/proc/self/statm").value_or(0) *
                               static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, used);
}

}  // namespace

AvailableMemory available_memory(unsigned sharing) {
    AvailableMemory available{kilobytes_of("/proc/meminfo", "MemAvailable") / sharing, "of memory"};
    const auto take = [&](std::uint64_t bytes, const char* limit) {
        if (bytes < available.bytes) {
            available = {bytes, limit};
        }
    };
    take(left_in_groups() / sharing, "of the control group's memory");
    take(left_of_address_space(), "of the address space that ulimit -v allows");
    return available;
}

std::uint64_t resident_bytes() {
    return kilobytes_of("/proc/self/status", "VmRSS");
}

std::string bytes_text(double bytes) {
    for (const char* unit : {"B", "kB", "MB", "GB", "TB"}) {
        if (bytes < 1000) {
            return fmt::format("{:.4g} {}", bytes, unit);
        }
        bytes /= 1000;
    }
    return fmt::format("{:.4g} PB", bytes);
}

}  // namespace murmur
