#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace murmur {

/// Returns the indices, ascending, where `torch.rand(size, generator=g) <= alpha` with a CPU
/// generator g of this seed.
///
/// PyTorch's CPU generator is the Mersenne Twister mt19937, seeded with the low 32 bits of the
/// seed; a uniform float takes the low 24 bits of one draw.
///
/// - [Matsumoto and Nishimura, 1998] Mersenne twister: a 623-dimensionally equidistributed uniform
///   pseudo-random number generator. ACM Transactions on Modeling and Computer Simulation
///   8(1):3-30.
[[nodiscard]] std::vector<std::uint32_t> torch_mask(std::uint64_t seed,
                                                    std::size_t size,
                                                    double alpha);

}  // namespace murmur
