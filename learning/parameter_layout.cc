#include "learning/parameter_layout.h"

#include <functional>
#include <numeric>

namespace murmur {

std::size_t ParameterBlock::size() const {
    return static_cast<std::size_t>(
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

LayoutCounts count_values(const ParameterLayout& layout) {
    LayoutCounts counts;
    for (const ParameterBlock& block : layout) {
        (block.is_buffer    ? counts.buffers
         : block.is_trained ? counts.trained
                            : counts.frozen) += block.size();
    }
    return counts;
}

}  // namespace murmur
