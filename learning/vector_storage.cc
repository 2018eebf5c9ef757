#include "learning/vector_storage.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace murmur {

#ifdef __SANITIZE_ADDRESS__

// Each vector by itself, so that the sanitizer sees who goes beyond its end or comes too late.
float* take_vector_storage(std::size_t bytes) {
    void* const data = std::aligned_alloc(kVectorAlignment, bytes);
    if (data == nullptr) {
        throw std::bad_alloc();
    }
    return static_cast<float*>(data);
}

void give_vector_storage(float* data, std::size_t /*bytes*/) noexcept {
    std::free(data);
}

#else

namespace {

/// Of the processors that we know of, and what the system can be asked for without privileges.
constexpr std::size_t kHugePage = std::size_t{2} << 20;
/// Up to this, to two vectors and to a quarter of what lives, slabs may lie idle before one goes
/// back: enough to absorb the exchange of old versions for new ones within a round.
constexpr std::size_t kMaxIdleBytes = std::size_t{32} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

/// Memory of the system's, from the beginning of a huge page on.
class Pages {
  public:
    explicit Pages(std::size_t bytes) : bytes_(bytes) {
        const std::size_t mapped_bytes = bytes + kHugePage;
        void* const mapped = mmap(nullptr,
                                  mapped_bytes,
                                  PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                                  -1,
                                  0);
        if (mapped == MAP_FAILED) {
            throw std::bad_alloc();
        }
        auto* const begin = static_cast<std::byte*>(mapped);
        const std::size_t before = round_up(reinterpret_cast<std::uintptr_t>(begin), kHugePage) -
                                   reinterpret_cast<std::uintptr_t>(begin);
        if (before > 0) {
            munmap(begin, before);
        }
        begin_ = begin + before;
        munmap(begin_ + bytes, mapped_bytes - before - bytes);
        // A wish: where the system has no huge pages, small ones do.
        static_cast<void>(madvise(begin_, bytes, MADV_HUGEPAGE));
    }
    ~Pages() { munmap(begin_, bytes_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    [[nodiscard]] std::byte* begin() const { return begin_; }

  private:
    std::byte* begin_;
    std::size_t bytes_;
};

/// Places for vectors of one length.
class Slab {
  public:
    explicit Slab(std::size_t vector_bytes)
        : vector_bytes_(vector_bytes),
          num_places_(places_of(vector_bytes)),
          pages_(round_up(num_places_ * vector_bytes, kHugePage)),
          num_untouched_(num_places_) {
        left_.reserve(num_places_);
    }

    [[nodiscard]] std::byte* begin() const { return pages_.begin(); }
    [[nodiscard]] std::size_t vector_bytes() const { return vector_bytes_; }
    [[nodiscard]] std::size_t touched_bytes() const {
        return (num_places_ - num_untouched_) * vector_bytes_;
    }
    [[nodiscard]] bool is_full() const { return left_.empty() && num_untouched_ == 0; }
    [[nodiscard]] bool is_unused() const { return used_ == 0; }

    float* take() {
        ++used_;
        if (!left_.empty()) {
            float* const data = left_.back();
            left_.pop_back();
            return data;
        }
        const std::size_t place = num_places_ - num_untouched_--;
        return reinterpret_cast<float*>(pages_.begin() + place * vector_bytes_);
    }
    void give(float* data) noexcept {
        --used_;
        left_.push_back(data);  // there is room for all
    }

    std::list<Slab*>::iterator place;  ///< among those that are used, or are not

  private:
    /// As many as fit into 8 MiB; of longer ones eight, so that the huge page at the end of a slab
    /// weighs little, but no more than fit into 64 MiB.
    static std::size_t places_of(std::size_t vector_bytes) {
        constexpr std::size_t kMiB = std::size_t{1} << 20;
        const std::size_t bytes = std::max(8 * kMiB, std::min(8 * vector_bytes, 64 * kMiB));
        return std::clamp<std::size_t>(bytes / vector_bytes, 1, 4096);
    }

    std::size_t vector_bytes_;
    std::size_t num_places_;
    Pages pages_;
    std::size_t num_untouched_;  ///< places at the end that were never used
    std::size_t used_ = 0;
    std::vector<float*> left_;  ///< places that vectors have left, the latest last
};

class VectorStorage {
  public:
    float* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        Length& length = lengths_[bytes];
        if (length.with_room.empty()) {
            add_slab(bytes, length);
        }
        Slab& slab = *length.with_room.back();
        if (slab.is_unused()) {
            idle_bytes_ -= slab.touched_bytes();
            used_.splice(used_.end(), idle_, slab.place);
        }
        float* const data = slab.take();
        if (slab.is_full()) {
            length.with_room.pop_back();
        }
        live_bytes_ += bytes;
        return data;
    }

    void give(float* data, std::size_t bytes) noexcept {
        const std::lock_guard lock(mutex_);
        Slab& slab = *std::prev(slabs_.upper_bound(reinterpret_cast<std::byte*>(data)))->second;
        if (slab.is_full()) {
            lengths_.find(bytes)->second.with_room.push_back(&slab);  // there is room for all
        }
        slab.give(data);
        live_bytes_ -= bytes;
        if (!slab.is_unused()) {
            return;
        }
        idle_bytes_ += slab.touched_bytes();
        idle_.splice(idle_.end(), used_, slab.place);
        while (idle_bytes_ > std::max({kMaxIdleBytes, 2 * bytes, live_bytes_ / 4})) {
            remove_slab(*idle_.front());
        }
    }

  private:
    /// The slabs for vectors of one length.
    struct Length {
        std::size_t num_slabs = 0;
        std::vector<Slab*>
            with_room;  ///< has memory for all of them: giving back allocates nothing
    };

    void add_slab(std::size_t bytes, Length& length) {
        auto made = std::make_unique<Slab>(bytes);
        Slab& slab = *made;
        slabs_.emplace(slab.begin(), std::move(made));
        if (length.with_room.capacity() <= length.num_slabs) {
            length.with_room.reserve(2 * length.num_slabs + 1);
        }
        slab.place = idle_.insert(idle_.end(), &slab);
        length.with_room.push_back(&slab);
        ++length.num_slabs;
    }

    void remove_slab(Slab& slab) noexcept {
        idle_bytes_ -= slab.touched_bytes();
        Length& length = lengths_.find(slab.vector_bytes())->second;
        length.with_room.erase(std::ranges::find(length.with_room, &slab));
        --length.num_slabs;
        idle_.erase(slab.place);
        slabs_.erase(slab.begin());
    }

    std::mutex mutex_;
    std::map<std::byte*, std::unique_ptr<Slab>> slabs_;  ///< by where they begin
    std::map<std::size_t, Length> lengths_;              ///< by the bytes of a vector
    std::list<Slab*> used_;                              ///< in any order
    std::list<Slab*> idle_;       ///< of which nothing is used, since when in this order
    std::size_t idle_bytes_ = 0;  ///< that these have touched
    std::size_t live_bytes_ = 0;
};

VectorStorage& storage() {
    // Never destroyed: a vector may outlive every other object with static storage.
    static VectorStorage& all = *new VectorStorage;
    return all;
}

}  // namespace

float* take_vector_storage(std::size_t bytes) {
    return storage().take(bytes);
}

void give_vector_storage(float* data, std::size_t bytes) noexcept {
    storage().give(data, bytes);
}

#endif

}  // namespace murmur
