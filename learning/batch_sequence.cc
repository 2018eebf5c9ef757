#include "learning/batch_sequence.h"

#include <algorithm>

namespace murmur {

BatchSequence::BatchSequence(std::span<const std::int64_t> partition,
                             std::int64_t batch_size,
                             std::uint64_t shuffle_seed,
                             std::int64_t least)
    : order_(partition.begin(), partition.end()),
      batch_size_(batch_size == 0 ? partition.size() : static_cast<std::size_t>(batch_size)),
      least_(static_cast<std::size_t>(least)),
      shuffles_(batch_size != 0),
      stream_(shuffle_seed) {}

std::span<const std::int64_t> BatchSequence::next() {
    if (position_ == order_.size() || order_.size() - position_ < least_) {
        position_ = 0;
    }
    if (position_ == 0 && shuffles_) {
        stream_.shuffle(std::span(order_));
    }
    const std::size_t count = std::min(batch_size_, order_.size() - position_);
    const auto batch = std::span<const std::int64_t>(order_).subspan(position_, count);
    position_ += count;
    return batch;
}

std::int64_t batches_per_pass(std::int64_t partition_size,
                              std::int64_t batch_size,
                              std::int64_t least) {
    const std::int64_t full = batch_size == 0 ? partition_size : batch_size;
    if (full < least || full == 0) {
        return 0;
    }
    return partition_size / full + (partition_size % full >= least ? 1 : 0);
}

std::int64_t samples_in_batches(std::int64_t partition_size,
                                std::int64_t batch_size,
                                std::int64_t batches,
                                std::int64_t least) {
    const std::int64_t per_pass = batches_per_pass(partition_size, batch_size, least);
    if (per_pass == 0) {
        return 0;
    }
    const std::int64_t full = batch_size == 0 ? partition_size : batch_size;
    const std::int64_t samples_of_pass = std::min(per_pass * full, partition_size);
    const std::int64_t rest = batches % per_pass;
    return batches / per_pass * samples_of_pass + std::min(rest * full, samples_of_pass);
}

std::vector<std::int64_t> sizes_of_batches(std::int64_t partition_size,
                                           std::int64_t batch_size,
                                           std::int64_t least) {
    std::vector<std::int64_t> sizes;
    if (batches_per_pass(partition_size, batch_size, least) > 0) {
        const std::int64_t full = batch_size == 0 ? partition_size : batch_size;
        if (partition_size >= full) {
            sizes.push_back(full);
        }
        if (const std::int64_t rest = partition_size % full; rest >= least) {
            sizes.push_back(rest);
        }
    }
    return sizes;
}

}  // namespace murmur
