#include "emulator/report/statistics.h"

#include <boost/math/distributions/students_t.hpp>

#include <cmath>

namespace murmur::report {

Estimate estimate_mean(std::span<const double> values) {
    Estimate estimate{.count = values.size(), .mean = std::nullopt, .half_width_95 = std::nullopt};
    if (values.empty()) {
        return estimate;
    }
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    const double mean = sum / n;
    estimate.mean = mean;
    if (values.size() > 1) {
        double squares = 0;
        for (const double value : values) {
            squares += (value - mean) * (value - mean);
        }
        const boost::math::students_t distribution(n - 1);
        const double t = quantile(complement(distribution, 0.025));
        estimate.half_width_95 = t * std::sqrt(squares / (n - 1) / n);
    }
    return estimate;
}

}  // namespace murmur::report
