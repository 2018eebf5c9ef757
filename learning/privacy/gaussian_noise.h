#pragma once

#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace murmur {

/// Returns x + z, where z ~ N(0, deviation^2) on every trained value of the layout; frozen values
/// and buffers stay as they are: a running variance must not become negative.
/// @param layout  empty: every value is trained
/// @param seed    of the random stream that z is drawn from, value by value
[[nodiscard]] Parameters with_noise(const ParameterVector& x,
                                    const ParameterLayout& layout,
                                    double deviation,
                                    std::uint64_t seed);

/// Noise that each of k receivers gets another of, and that is zero when the receivers' models are
/// averaged:
///
///     n_j ~ N(0, s^2 k / (k - 1)),   z_j = n_j - sum_l v_l n_l,   sum_j v_j z_j = 0
///
/// With equal shares v_j = 1/k each z_j has the variance s^2; with others some have more and some
/// less.  Each n_j is drawn again where it is needed, so that no more than two vectors are held.
class ZeroSumNoise {
  public:
    /// @param shares  v, positive; they are divided by their sum
    /// @param seed    of the random streams, one for each receiver
    /// @pre two receivers or more
    ZeroSumNoise(std::vector<double> shares, double deviation, std::uint64_t seed);

    /// Returns sum_l v_l n_l, [num_params] with zeros where nothing is trained.
    [[nodiscard]] Parameters mean(const ParameterLayout& layout, std::size_t num_parameters) const;
    /// Returns x + z_j.
    /// @param mean  as the function above returns it for this layout
    [[nodiscard]] Parameters added(const ParameterVector& x,
                                   const ParameterVector& mean,
                                   const ParameterLayout& layout,
                                   std::size_t receiver) const;

  private:
    [[nodiscard]] std::uint64_t seed_of(std::size_t receiver) const;

    std::vector<double> shares_;
    double deviation_;  ///< of n
    std::uint64_t seed_;
};

}  // namespace murmur
