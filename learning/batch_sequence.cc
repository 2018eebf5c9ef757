#include "learning/batch_sequence.h"

#include <algorithm>

namespace murmur {

BatchSequence::BatchSequence(std::span<const std::int64_t> partition,
                             std::int64_t batch_size,
                             std::uint64_t shuffle_seed)
    : order_(partition.begin(), partition.end()),
      batch_size_(batch_size == 0 ? partition.size() : static_cast<std::size_t>(batch_size)),
      shuffles_(batch_size != 0),
      stream_(shuffle_seed) {}

std::span<const std::int64_t> BatchSequence::next() {
    if (position_ == order_.size()) {
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

std::int64_t batches_per_pass(std::int64_t partition_size, std::int64_t batch_size) {
    if (batch_size == 0) {
        return partition_size == 0 ? 0 : 1;
    }
    return (partition_size + batch_size - 1) / batch_size;
}

std::int64_t samples_in_batches(std::int64_t partition_size,
                                std::int64_t batch_size,
                                std::int64_t batches) {
    const std::int64_t per_pass = batches_per_pass(partition_size, batch_size);
    if (per_pass == 0) {
        return 0;
    }
    const std::int64_t rest = batches % per_pass;
    return batches / per_pass * partition_size + std::min(rest * batch_size, partition_size);
}

}  // namespace murmur
