#pragma once

#include <cstddef>

namespace murmur {

/// Memory for vectors of float32 that live in large numbers, many of one length: the models of all
/// nodes.
///
/// It comes in slabs of a few MiB, each for vectors of one length, of which the system is asked to
/// make huge pages: the first touch of small ones costs more than the arithmetic on them.  What a
/// vector leaves is taken by the next one of its length, and a slab of which nothing is used goes
/// back to the system, unless little lies idle beside what lives.  Thread-safe.

/// Where each vector begins.
inline constexpr std::size_t kVectorAlignment = 64;

/// Returns memory, uninitialized.
/// @param bytes  a multiple of `kVectorAlignment`, above 0
/// @throws std::bad_alloc
[[nodiscard]] float* take_vector_storage(std::size_t bytes);
/// Takes it back.
/// @param bytes  as it was asked for
void give_vector_storage(float* data, std::size_t bytes) noexcept;

}  // namespace murmur
