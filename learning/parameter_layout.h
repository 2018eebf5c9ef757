#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace murmur {

/// One tensor of a model's flat vector, as sharing and records see it.
struct ParameterBlock {
    std::string name;                 ///< as in PyTorch's `state_dict()`, where a file gave it
    std::vector<std::int64_t> shape;  ///< empty: one number
    bool is_buffer = false;           ///< kept by forward passes, such as running averages
    bool is_trained = true;           ///< false: a buffer, or frozen (requires_grad=False)

    [[nodiscard]] std::size_t size() const;
    /// Returns whether it is a parameter that training leaves as it is.
    [[nodiscard]] bool is_frozen() const { return !is_buffer && !is_trained; }
};

/// What lies where in a flat vector: blocks one after the other, without gaps.
using ParameterLayout = std::vector<ParameterBlock>;

/// Calls `visit(begin, size)` for every buffer, in the order of their places.
template <class Visit>
void for_each_buffer(const ParameterLayout& layout, Visit visit) {
    std::size_t begin = 0;
    for (const ParameterBlock& block : layout) {
        const std::size_t size = block.size();
        if (block.is_buffer) {
            visit(begin, size);
        }
        begin += size;
    }
}

/// Numbers of values by kind.
struct LayoutCounts {
    std::size_t trained = 0;
    std::size_t frozen = 0;
    std::size_t buffers = 0;
    [[nodiscard]] std::size_t total() const { return trained + frozen + buffers; }
};

[[nodiscard]] LayoutCounts count_values(const ParameterLayout& layout);

}  // namespace murmur
