#pragma once

#include "learning/random_stream.h"

#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// The mini-batches of one node in one round: passes over its partition, each in a new random
/// order, cut into batches; the last batch of a pass holds what is left, where that is enough.
class BatchSequence {
  public:
    /// @param batch_size    0: the whole partition, in its own order, in every batch
    /// @param shuffle_seed  seed of the stream that all orders are drawn from
    /// @param least         samples that a batch must have; a shorter rest of a pass is left out
    BatchSequence(std::span<const std::int64_t> partition,
                  std::int64_t batch_size,
                  std::uint64_t shuffle_seed,
                  std::int64_t least = 1);

    /// Returns the sample indices of the next batch; valid until the next call.
    /// @pre a pass has batches
    [[nodiscard]] std::span<const std::int64_t> next();

  private:
    std::vector<std::int64_t> order_;
    std::size_t batch_size_;
    std::size_t least_;
    bool shuffles_;
    std::size_t position_ = 0;
    RandomStream stream_;
};

/// Returns the number of batches of one pass.
[[nodiscard]] std::int64_t batches_per_pass(std::int64_t partition_size,
                                            std::int64_t batch_size,
                                            std::int64_t least = 1);

/// Returns the number of samples in the first `batches` batches.
[[nodiscard]] std::int64_t samples_in_batches(std::int64_t partition_size,
                                              std::int64_t batch_size,
                                              std::int64_t batches,
                                              std::int64_t least = 1);

/// Returns the sizes of the batches of a pass, each once, the largest first.
[[nodiscard]] std::vector<std::int64_t> sizes_of_batches(std::int64_t partition_size,
                                                         std::int64_t batch_size,
                                                         std::int64_t least = 1);

}  // namespace murmur
