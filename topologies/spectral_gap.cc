#include "topologies/mixing.h"
#include "topologies/random_bits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

// The largest and smallest eigenvalue of W on the space orthogonal to the ones vector, whose
// eigenvalue 1 is no news, by the Lanczos method [Paige, 1972]: W is reduced to a growing
// tridiagonal matrix T whose extreme eigenvalues approach those of W.  Vectors are not
// reorthogonalized: that costs memory and N steps^2 operations and only keeps away further copies
// of eigenvalues already found.
// - [Paige, 1972] C. C. Paige. Computational variants of the Lanczos method for the eigenproblem.
//   IMA Journal of Applied Mathematics 10:373-381.

namespace murmur {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& x, const Vector& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

/// Takes away the part of x along the ones vector.
void deflate(Vector& x) {
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    for (double& value : x) {
        value -= mean;
    }
}

void scale(Vector& x, double factor) {
    for (double& value : x) {
        value *= factor;
    }
}

/// The symmetric matrix T; off_diagonal[k] couples k and k + 1.
struct Tridiagonal {
    Vector diagonal;
    Vector off_diagonal;
};

/// Returns how many eigenvalues lie below x: the negative pivots of T - xI.
std::size_t count_below(const Tridiagonal& t, double x) {
    std::size_t count = 0;
    double pivot = 1.0;
    for (std::size_t k = 0; k < t.diagonal.size(); ++k) {
        const double coupling = k == 0 ? 0.0 : t.off_diagonal[k - 1];
        pivot = t.diagonal[k] - x - coupling * coupling / pivot;
        if (pivot == 0.0) {
            pivot = std::numeric_limits<double>::epsilon();
        }
        count += pivot < 0.0 ? 1 : 0;
    }
    return count;
}

/// Returns the eigenvalue that `index` others are below, by bisection of [-bound, bound].
double eigenvalue(const Tridiagonal& t, std::size_t index, double bound) {
    constexpr int kHalvings = 60;
    double low = -bound;
    double high = bound;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = 0.5 * (low + high);
        (count_below(t, middle) > index ? high : low) = middle;
    }
    return 0.5 * (low + high);
}

Spectrum extremes(const Tridiagonal& t) {
    double bound = 0.0;  // Gershgorin
    for (std::size_t k = 0; k < t.diagonal.size(); ++k) {
        const double before = k == 0 ? 0.0 : t.off_diagonal[k - 1];
        const double after = k < t.off_diagonal.size() ? t.off_diagonal[k] : 0.0;
        bound = std::max(bound, std::abs(t.diagonal[k]) + before + after);
    }
    return {.least = eigenvalue(t, 0, bound), .most = eigenvalue(t, t.diagonal.size() - 1, bound)};
}

class Lanczos {
  public:
    explicit Lanczos(const MixingMatrix& weights)
        : weights_(weights), current_(weights.num_nodes()), previous_(weights.num_nodes()) {
        // Any vector does that no eigenvector is orthogonal to; this one is the same on every run.
        RandomBits bits(0);
        for (double& value : current_) {
            value = bits.uniform() - 0.5;
        }
        deflate(current_);
        scale(current_, 1.0 / std::sqrt(dot(current_, current_)));
    }

    /// Grows T to this size; returns false where the space is exhausted: then T is complete.
    bool extend_to(std::size_t size) {
        while (t_.diagonal.size() < size) {
            if (!step()) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] const Tridiagonal& tridiagonal() const { return t_; }

  private:
    bool step() {
        constexpr double kNothingLeft = 1e-13;
        if (!t_.diagonal.empty() && next_norm_ < kNothingLeft) {
            return false;
        }
        if (!t_.diagonal.empty()) {
            t_.off_diagonal.push_back(next_norm_);
            scale(next_, 1.0 / next_norm_);
            previous_.swap(current_);
            current_.swap(next_);
        }
        next_ = product();
        const double coupling = t_.off_diagonal.empty() ? 0.0 : t_.off_diagonal.back();
        const double diagonal = dot(next_, current_);
        for (std::size_t i = 0; i < next_.size(); ++i) {
            next_[i] -= diagonal * current_[i] + coupling * previous_[i];
        }
        // Every step anew: W would double what rounding leaves of the ones vector again and again.
        deflate(next_);
        next_norm_ = std::sqrt(dot(next_, next_));
        t_.diagonal.push_back(diagonal);
        return true;
    }

    [[nodiscard]] Vector product() const {
        Vector result(current_.size());
        for (NodeId i = 0; i < weights_.num_nodes(); ++i) {
            const MixingMatrix::Row& row = weights_.row(i);
            result[i] = row.self * current_[i];
            for (const auto& [neighbor, weight] : row.neighbors) {
                result[i] += weight * current_[neighbor];
            }
        }
        return result;
    }

    const MixingMatrix& weights_;
    Vector current_;
    Vector previous_;
    Vector next_;
    double next_norm_ = 0.0;
    Tridiagonal t_;
};

void check_symmetric(const MixingMatrix& weights) {
    constexpr double kTolerance = 1e-9;
    for (NodeId i = 0; i < weights.num_nodes(); ++i) {
        for (const auto& [j, weight] : weights.row(i).neighbors) {
            const auto& row = weights.row(j).neighbors;
            const auto back = std::lower_bound(
                row.begin(), row.end(), i, [](const NeighborWeight& entry, NodeId node) {
                    return entry.neighbor < node;
                });
            const bool is_there = back != row.end() && back->neighbor == i;
            const double opposite = is_there ? back->weight : 0.0;
            if (std::abs(opposite - weight) > kTolerance) {
                throw std::invalid_argument(fmt::format(
                    "spectral_gap: the weights are not symmetric, got {} for {} {} and {} for {} "
                    "{}; take metropolis or max-degree weights",
                    weight,
                    i,
                    j,
                    opposite,
                    j,
                    i));
            }
        }
    }
}

}  // namespace

Spectrum spectrum(const MixingMatrix& weights) {
    constexpr double kTolerance = 1e-12;
    check_symmetric(weights);
    if (weights.num_nodes() < 2) {
        return {0.0, 0.0};
    }
    Lanczos lanczos(weights);
    const double nowhere = std::numeric_limits<double>::infinity();
    Spectrum before{.least = nowhere, .most = -nowhere};
    // The error falls at least geometrically once it falls, so what twice the steps do not change
    // is found.  Ends: both extremes only ever move outwards, and within Gershgorin's bound.
    for (std::size_t steps = 32;; steps *= 2) {
        const bool is_complete = !lanczos.extend_to(steps);
        const Spectrum now = extremes(lanczos.tridiagonal());
        if (is_complete ||
            (before.least - now.least <= kTolerance && now.most - before.most <= kTolerance)) {
            return now;
        }
        before = now;
    }
}

double spectral_gap(const MixingMatrix& weights) {
    const auto [least, most] = spectrum(weights);
    return 1.0 - std::max(std::abs(least), std::abs(most));
}

}  // namespace murmur
