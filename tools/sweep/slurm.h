#pragma once

#include <span>
#include <string>

namespace murmur::sweep {

/// Returns a batch script by which Slurm runs a sweep as an array of parts, and says how to submit
/// it and to join the parts.
/// @param arguments  of the sweep, program first, as they were given
/// @param out        folder of the sweep
/// @param parts      how many tasks the array has; each runs as many runs at a time as its cores
/// allow
[[nodiscard]] std::string slurm_script(std::span<const std::string> arguments,
                                       const std::string& out,
                                       std::size_t parts);

}  // namespace murmur::sweep
