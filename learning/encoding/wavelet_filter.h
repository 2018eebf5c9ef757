#pragma once

#include <span>
#include <string_view>

namespace murmur {

/// Returns the scaling filter of an orthogonal wavelet, the low-pass filter of the synthesis:
/// `haar` (or `db1`), `db2` ... `db8` (Daubechies' extremal phase), `sym2` ... `sym8` (her least
/// asymmetric ones).
///
/// - [Daubechies, 1992] I. Daubechies. Ten Lectures on Wavelets. SIAM. Tables 6.1 and 6.3, scaled
///   to unit norm; the order and all digits of those in PyWavelets.
/// @param where  for messages: "sharing wavelet"
/// @throws std::invalid_argument  on an unknown name
[[nodiscard]] std::span<const double> wavelet_filter(std::string_view where,
                                                     std::string_view family);

}  // namespace murmur
