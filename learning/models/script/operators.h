#pragma once

#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace murmur {

/// What a look at the graph of a module's `forward` found.
struct ForwardFacts {
    /// Integer buffers that the passes count in, and nothing reads, such as `num_batches_tracked`.
    std::vector<std::string> counts;
    bool normalizes_batches = false;  ///< trains by means over the batch
};

/// Sees that `forward` is a function of parameters, buffers and inputs alone, by its graph with all
/// calls inlined, before any of it runs: only operators of an allow-list (no files, no network, no
/// uninitialized memory, no output, no threads), none that draws random numbers, and no state but
/// floating-point buffers.
/// @throws std::invalid_argument  names the operator or the attribute
[[nodiscard]] ForwardFacts check_forward(const torch::jit::Module& module);

}  // namespace murmur
