#pragma once

#include <cstdint>
#include <span>

namespace murmur {

/// Writes the values that libfpzip encoded as one sequence, kept to their first `bits` bits
/// [Lindstrom, 2006].  The same result as the library's own decoder gives, which trusts its input:
/// from bytes that no encoder wrote it reads outside of its tables, or does not end.
/// @pre 10 <= bits <= 32
/// @throws std::invalid_argument  "codec fpzip: ..." on bytes that no so many values give
/// - [Lindstrom, 2006] P. Lindstrom and M. Isenburg. Fast and efficient compression of
///   floating-point data. IEEE TVCG 12:1245-1250.  Format: fpzip 1.3, github.com/LLNL/fpzip.
void decode_fpzip(std::span<const std::uint8_t> bytes, unsigned bits, std::span<float> values);

}  // namespace murmur
