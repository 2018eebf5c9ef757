#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// Returns the Renyi divergence of order `order` that one step of the subsampled Gaussian mechanism
/// has at most: each sample takes part with probability q, one sample moves the sum by at most C,
/// the noise is N(0, (sigma C)^2); neighbors differ by one sample that is there or not.
///
///     log(A) / (order - 1),  A = E[(1 - q + q exp((2 z - 1) / (2 sigma^2)))^order]
///
/// with z ~ N(0, sigma^2), as the finite sum of [Mironov, 2019, eq. 4] for whole orders, its two
/// series (section 3.3) for others.
/// - [Mironov, 2019] I. Mironov, K. Talwar, L. Zhang. Renyi differential privacy of the sampled
///   Gaussian mechanism. arXiv:1908.10530.
/// @param q      0 to 1
/// @param sigma  0 and above; infinite divergence at 0, unless q is 0
/// @param order  above 1
[[nodiscard]] double rdp_of_step(double q, double sigma, double order);

/// How a curve of divergences becomes one (eps, delta); the least over the orders a is taken.
enum class EpsilonRule : std::uint8_t {
    /// rdp + log((a - 1) / a) - (log(delta) + log(a)) / (a - 1): Opacus, TensorFlow Privacy from
    /// 0.6 on [Balle, 2020, theorem 21; Canonne, 2020, proposition 12].
    /// - [Balle, 2020] B. Balle et al. Hypothesis testing interpretations and Renyi differential
    ///   privacy. AISTATS.
    /// - [Canonne, 2020] C. Canonne, G. Kamath, T. Steinke. The discrete Gaussian for differential
    ///   privacy. NeurIPS 33.
    kBalle,
    /// rdp - log(delta) / (a - 1): what older tables have [Mironov, 2017, proposition 3].
    /// - [Mironov, 2017] I. Mironov. Renyi differential privacy. CSF.
    kMironov,
};

/// The divergences of one step over the orders that Opacus and TensorFlow Privacy's tutorials
/// search: 1.1, 1.2, ... 10.9, 12, 13, ... 63.
class RdpCurve {
  public:
    /// @pre as `rdp_of_step`
    RdpCurve(double q, double sigma);

    /// Returns the eps of so many steps, which add up; 0 for none, infinite where there is no
    /// noise.
    [[nodiscard]] double epsilon(std::uint64_t steps,
                                 double delta,
                                 EpsilonRule rule = EpsilonRule::kBalle) const;

    [[nodiscard]] static std::span<const double> orders();

  private:
    std::vector<double> of_step_;  ///< [orders]
};

}  // namespace murmur
