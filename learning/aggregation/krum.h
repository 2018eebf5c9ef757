#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// How Krum scores a vector by its squared distances to the others.
enum class KrumScore : std::uint8_t {
    kNf2,    ///< their sum over the n-f-2 nearest [Blanchard et al., 2017]
    kNf1,    ///< their mean over the n-f-1 nearest [byzfl]
    kEpfml,  ///< the sum of their squares over the n-f-2 nearest [epfml, which squares twice]
};

/// Returns the score of each vector, the lower the better, [num_vectors].  Of too few vectors for f
/// each is scored by its nearest other.
/// @param squares  [num_vectors][num_vectors], as `pairwise_squares` returns them
[[nodiscard]] std::vector<double> krum_scores(std::span<const std::vector<double>> squares,
                                              std::size_t f,
                                              KrumScore score);

}  // namespace murmur
