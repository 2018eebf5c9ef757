#include "learning/privacy/rdp_accountant.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace murmur {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Returns log(exp(a) + exp(b)).
double log_add(double a, double b) {
    const double high = std::max(a, b);
    return high == -kInfinity ? high : high + std::log1p(std::exp(std::min(a, b) - high));
}

/// Returns log(exp(a) - exp(b)).
/// @pre a >= b
double log_subtract(double a, double b) {
    return b == -kInfinity ? a : a + std::log(-std::expm1(b - a));
}

/// Returns log(erfc(x)), also where erfc(x) is less than any double.
double log_erfc(double x) {
    constexpr double kFar = 20;
    if (x < kFar) {
        return std::log(std::erfc(x));
    }
    const double over = 1 / (x * x);
    const double series = 1 - over / 2 + 3 * over * over / 4 - 15 * over * over * over / 8;
    return -x * x - std::log(x) - std::log(std::numbers::pi) / 2 + std::log(series);
}

/// Returns log(A) of a whole order: sum_k binom(order, k) (1-q)^(order-k) q^k e^((k^2-k)/(2 s^2)).
double log_moment_of_whole(double q, double sigma, int order) {
    double log_binomial = 0;
    double sum = -kInfinity;
    for (int k = 0; k <= order; ++k) {
        sum = log_add(sum,
                      log_binomial + (order - k) * std::log1p(-q) + k * std::log(q) +
                          (static_cast<double>(k) * k - k) / (2 * sigma * sigma));
        log_binomial += std::log(static_cast<double>(order - k) / (k + 1));
    }
    return sum;
}

/// Returns log(A) of any order: the integral cut at z0, where both parts of the mixture are alike,
/// and each half written as a binomial series that converges there.
double log_moment(double q, double sigma, double order) {
    const double z0 = sigma * sigma * std::log(1 / q - 1) + 0.5;
    const double width = std::numbers::sqrt2 * sigma;
    const auto log_term = [&](double k, double erfc_at) {
        return k * std::log(q) + (order - k) * std::log1p(-q) + (k * k - k) / (2 * sigma * sigma) +
               std::log(0.5) + log_erfc(erfc_at / width);
    };
    double log_binomial = 0;  // of its magnitude
    bool is_positive = true;
    double positive = -kInfinity;
    double negative = -kInfinity;
    constexpr int kMost = 100'000;
    constexpr double kNothing = -30;  // beside log(A) >= 0
    for (int i = 0; i < kMost; ++i) {
        const double j = order - i;
        const double low = log_binomial + log_term(i, i - z0);
        const double high = log_binomial + log_term(j, z0 - j);
        double& sum = is_positive ? positive : negative;
        sum = log_add(sum, log_add(low, high));
        if (i > order && std::max(low, high) < kNothing) {
            break;
        }
        is_positive = is_positive == (j >= 0);
        log_binomial += std::log(std::abs(j) / (i + 1));
    }
    return log_subtract(positive, negative);
}

std::vector<double> make_orders() {
    std::vector<double> orders;
    for (int tenth = 1; tenth < 100; ++tenth) {
        orders.push_back(1 + tenth / 10.0);
    }
    for (int order = 12; order < 64; ++order) {
        orders.push_back(order);
    }
    return orders;
}

}  // namespace

double rdp_of_step(double q, double sigma, double order) {
    if (q == 0) {
        return 0;
    }
    if (sigma == 0) {
        return kInfinity;
    }
    if (q == 1) {
        return order / (2 * sigma * sigma);
    }
    const bool is_whole = order == std::floor(order);
    const double moment = is_whole ? log_moment_of_whole(q, sigma, static_cast<int>(order))
                                   : log_moment(q, sigma, order);
    return moment / (order - 1);
}

std::span<const double> RdpCurve::orders() {
    static const std::vector<double> all = make_orders();
    return all;
}

RdpCurve::RdpCurve(double q, double sigma) {
    for (const double order : orders()) {
        of_step_.push_back(rdp_of_step(q, sigma, order));
    }
}

double RdpCurve::epsilon(std::uint64_t steps, double delta, EpsilonRule rule) const {
    if (steps == 0) {
        return 0;
    }
    double least = kInfinity;
    for (std::size_t i = 0; i < of_step_.size(); ++i) {
        const double order = orders()[i];
        const double rdp = static_cast<double>(steps) * of_step_[i];
        const double bound = rule == EpsilonRule::kMironov
                                 ? rdp - std::log(delta) / (order - 1)
                                 : rdp + std::log((order - 1) / order) -
                                       (std::log(delta) + std::log(order)) / (order - 1);
        // A rounding error of a series must not stand for privacy.
        if (!std::isnan(bound)) {
            least = std::min(least, bound);
        }
    }
    return std::max(0.0, least);
}

}  // namespace murmur
