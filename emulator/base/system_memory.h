#pragma once

#include <cstdint>
#include <string>

namespace murmur {

/// How much more memory this process can take.
struct AvailableMemory {
    std::uint64_t bytes = 0;
    std::string limit;  ///< what sets it: "of memory", "of the control group", "of ulimit -v"
};

/// Returns the least of what the machine, the control groups of this process and its limit on
/// address space leave.
/// @param sharing  how many processes alike share the first two of them, this one among them
[[nodiscard]] AvailableMemory available_memory(unsigned sharing = 1);

/// Returns what is resident now, in bytes.
[[nodiscard]] std::uint64_t resident_bytes();

/// Returns a number of bytes as people read it, such as 1.5 GB.
[[nodiscard]] std::string bytes_text(double bytes);

}  // namespace murmur
