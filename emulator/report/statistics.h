#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace murmur::report {

/// Mean of a sample, and how well the sample pins the mean down.
struct Estimate {
    std::size_t count = 0;
    std::optional<double> mean;  ///< absent for an empty sample
    /// Half width of the 95 % confidence interval of the mean, t_{0.975, n-1} s / sqrt(n) with the
    /// sample standard deviation s (Student, 1908); absent for fewer than two values.
    std::optional<double> half_width_95;
};

/// Estimates the mean of the population that `values` were drawn from, independently and normally.
[[nodiscard]] Estimate estimate_mean(std::span<const double> values);

}  // namespace murmur::report
