#pragma once

#include "tools/replay/vector_file.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace murmur::replay {

/// How far our numbers are from those of a recording: the largest absolute difference.
struct Difference {
    std::string key;
    double before = 0.0;  ///< of models before sending
    /// Of what was sent; relative to the message's largest value where that is above 1, for so is
    /// the rounding of a transform in float32.  Infinite where an index, a seed or a count differs.
    double message = 0.0;
    double after = 0.0;          ///< of models after merging
    std::string first_mismatch;  ///< where an index, a seed or a count differs first; or empty

    [[nodiscard]] double largest() const;
};

/// A strategy as a key of the file names it.
struct NamedStrategy {
    std::string sharing;          ///< as `make_sharing` takes it
    std::uint64_t seed = 0;       ///< of node 0 in round 0, where masks are random
    std::uint64_t seed_step = 0;  ///< from node to node; from round to round it is 1
};

/// Understands `sharing_mh`, `plain_average`, `topk_aA[_acc|_acc_avg]`, `subsampling_aA_seedS+Ki`,
/// `choco_aA_gG`, `wavelet_NAME_lL_aA[_acc|_acc_avg]` and `fft_aA[_acc|_acc_avg]`.
/// @throws std::invalid_argument  on any other key, and on one of more than 200 characters
[[nodiscard]] NamedStrategy parse_strategy_key(const std::string& key);

/// Runs every strategy of the file over its rounds, on our own models from the start, and compares.
/// @throws std::invalid_argument  on a key that names no strategy
[[nodiscard]] std::vector<Difference> replay(const VectorFile& file);

}  // namespace murmur::replay
