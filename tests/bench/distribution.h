#pragma once

#include <cstddef>
#include <vector>

namespace murmur::bench {

/// Where the values of a sample lie.
struct Distribution {
    std::size_t count = 0;
    double mean = 0;
    double median = 0;
    double p90 = 0;
    double max = 0;
};

/// Summarizes a sample; quantiles interpolate linearly between the two nearest values. All zero
/// for an empty sample.
[[nodiscard]] Distribution summarize(std::vector<double> values);

}  // namespace murmur::bench
