#include "tests/bench/distribution.h"

#include <algorithm>
#include <numeric>

namespace murmur::bench {

namespace {

double quantile(const std::vector<double>& sorted, double fraction) {
    const double position = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] +
           (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Distribution summarize(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return {.count = values.size(),
            .mean = sum / static_cast<double>(values.size()),
            .median = quantile(values, 0.5),
            .p90 = quantile(values, 0.9),
            .max = values.back()};
}

}  // namespace murmur::bench
