#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace murmur {

/// A linear map T of parameter vectors to coefficients, in which few coefficients hold most of a
/// change.  Safe to use from any number of threads.
class Transform {
  public:
    virtual ~Transform() = default;

    /// Returns how many floats make a coefficient: 2 where it is complex.
    [[nodiscard]] virtual std::size_t width() const { return 1; }

    /// Returns how many coefficients a vector of `num_parameters` has.
    [[nodiscard]] virtual std::size_t num_coefficients(std::size_t num_parameters) const = 0;

    /// Whether each vector of coefficients is that of some parameters, so that T undoes its
    /// inverse: T(inverse(z)) = z.  Not so with a transform that has more coefficients than
    /// parameters.
    [[nodiscard]] virtual bool is_bijective() const = 0;

    /// Writes T(parameters).
    /// @param coefficients  [num_coefficients * width]
    virtual void forward(std::span<const float> parameters,
                         std::span<float> coefficients) const = 0;

    /// Writes the vector that has these coefficients, or the first entries of a longer one.
    virtual void inverse(std::span<const float> coefficients,
                         std::span<float> parameters) const = 0;
};

/// Makes the discrete wavelet transform of `level` levels with symmetric padding.  Coefficients lie
/// in the order cA_L, cD_L, ..., cD_1; border and order are those of PyWavelets' `wavedec`.  As
/// many levels as asked for are computed, however short the vector becomes.
///
/// - [Mallat, 1989] S. Mallat. A theory for multiresolution signal decomposition: the wavelet
///   representation. IEEE Transactions on Pattern Analysis and Machine Intelligence 11(7):674-693.
/// @param where   for messages: "sharing wavelet"
/// @param family  one that `wavelet_filter` knows
/// @throws std::invalid_argument  on an unknown family
[[nodiscard]] std::unique_ptr<const Transform> make_wavelet_transform(std::string_view where,
                                                                      std::string_view family,
                                                                      std::int64_t level);

/// Makes the discrete Fourier transform of real vectors of any length n: floor(n / 2) + 1 complex
/// coefficients, real and imaginary part side by side, unscaled (the inverse divides by n).
[[nodiscard]] std::unique_ptr<const Transform> make_fourier_transform();

}  // namespace murmur
