#pragma once

#include "learning/random_stream.h"
#include "tests/fuzz/targets.h"

#include <cstddef>
#include <span>

namespace murmur::fuzz {

/// Returns one of the seeds with a few changes: bits flipped, bytes replaced, put in, taken out or
/// repeated, numbers replaced by awkward ones, two seeds joined.  A function of its arguments.
/// @pre there is a seed
[[nodiscard]] Bytes mutate(std::span<const Bytes> seeds, RandomStream& random);

}  // namespace murmur::fuzz
