#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace murmur {

/// What work that is not ours may use.
struct ProcessLimits {
    std::chrono::seconds cpu{60};
    std::chrono::seconds wall{300};
    std::size_t bytes = std::size_t{8} << 30;  ///< beside what this process holds already
};

/// Runs `work` in a copy of this process, which can make no file grow and whose output goes
/// nowhere, and returns what it returned.  Whatever it does to memory, threads or itself happens
/// to the copy.
/// @throws std::invalid_argument  with the message of what `work` threw, or with what became of it
[[nodiscard]] std::string run_apart(const ProcessLimits& limits,
                                    const std::function<std::string()>& work);

}  // namespace murmur
