#pragma once

#include "learning/parameters.h"

#include <cstdint>
#include <span>
#include <string>

namespace murmur {

/// Returns the CPU seconds of this process so far, all threads, user and system.
[[nodiscard]] double process_cpu_seconds();
/// Returns the CPU seconds of the calling thread so far.
[[nodiscard]] double thread_cpu_seconds();
/// Returns the largest resident set of this process so far, or since the last reset, in bytes.
[[nodiscard]] std::uint64_t peak_rss_bytes();
/// Lets the largest resident set count from now on, after memory that is free was given back: of
/// several runs of one process each has its own.  Without effect where the system has no such
/// thing.
void reset_peak_rss();

/// Returns a 64-bit hash of all models in order, as 16 hexadecimal digits; any changed bit shows.  It
/// is one of each model's own hash, so that whoever has a part of the models can give its share.
[[nodiscard]] std::string combined_hash(std::span<const std::uint64_t> nodes);
/// Returns a hash of one model.
[[nodiscard]] std::uint64_t parameter_hash(const ParameterVector& model);

}  // namespace murmur
