#include "learning/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kAlignment = 64;

/// Idle storage beyond this, and beyond two vectors, goes back to the system: enough to absorb the
/// exchange of old versions for new ones within a round, little beside the vectors that live.
constexpr std::size_t kMaxIdleBytes = std::size_t{32} << 20;

std::atomic<std::size_t> g_live_bytes{0};

std::size_t storage_bytes(std::size_t size) {
    const std::size_t bytes = std::max<std::size_t>(size, 1) * sizeof(float);
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Storage of vectors that have died, by size, for the next vector of the same length: fresh pages
/// cost more than the arithmetic on them.
class IdleStorage {
  public:
    float* take(std::size_t bytes) {
        {
            const std::lock_guard lock(mutex_);
            auto& buffers = buffers_[bytes];
            if (!buffers.empty()) {
                float* data = buffers.back();
                buffers.pop_back();
                idle_bytes_ -= bytes;
                return data;
            }
        }
        void* data = std::aligned_alloc(kAlignment, bytes);
        if (data == nullptr) {
            throw std::bad_alloc();
        }
        return static_cast<float*>(data);
    }

    void give(float* data, std::size_t bytes) noexcept {
        {
            const std::lock_guard lock(mutex_);
            if (idle_bytes_ + bytes <= std::max(kMaxIdleBytes, 2 * bytes)) {
                // `take` made the list, and growing it beyond its memory is not worth a crash.
                try {
                    buffers_[bytes].push_back(data);
                    idle_bytes_ += bytes;
                    return;
                } catch (const std::bad_alloc&) {
                }
            }
        }
        std::free(data);
    }

  private:
    std::mutex mutex_;
    std::map<std::size_t, std::vector<float*>> buffers_;
    std::size_t idle_bytes_ = 0;
};

IdleStorage& idle_storage() {
    // Never destroyed: a vector may outlive every other object with static storage.
    static IdleStorage& storage = *new IdleStorage;
    return storage;
}

}  // namespace

ParameterVector::ParameterVector(std::size_t size)
    : data_(idle_storage().take(storage_bytes(size))), size_(size) {
    g_live_bytes += storage_bytes(size);
}

ParameterVector::~ParameterVector() {
    g_live_bytes -= storage_bytes(size_);
    idle_storage().give(data_, storage_bytes(size_));
}

std::size_t ParameterVector::live_bytes() {
    return g_live_bytes;
}

Parameters make_parameters(std::span<const float> values) {
    auto parameters = std::make_shared<ParameterVector>(values.size());
    std::ranges::copy(values, parameters->values().begin());
    return parameters;
}

std::shared_ptr<ParameterVector> copy_of(const ParameterVector& x) {
    auto copy = std::make_shared<ParameterVector>(x.size());
    std::ranges::copy(x.values(), copy->values().begin());
    return copy;
}

Parameters apply_change(const ParameterVector& x,
                        const ParameterVector& before,
                        const ParameterVector& after,
                        const ParameterLayout& layout) {
    if (before.size() != x.size() || after.size() != x.size()) {
        throw std::invalid_argument(
            fmt::format("apply_change: vectors of different lengths, got {}, {} and {}",
                        x.size(),
                        before.size(),
                        after.size()));
    }
    auto changed = std::make_shared<ParameterVector>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        changed->values()[i] = x.values()[i] + (after.values()[i] - before.values()[i]);
    }
    for_each_buffer(layout, [&](std::size_t begin, std::size_t size) {
        std::ranges::copy(after.values().subspan(begin, size),
                          changed->values().subspan(begin).begin());
    });
    return changed;
}

}  // namespace murmur
