#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// Rebuilds strictly ascending indices from how many are passed over before each, as the codecs
/// that encode gaps send them.
class IndexBuilder {
  public:
    /// Makes room for `count` indices below `bound`.
    /// @throws std::invalid_argument  "codec NAME: ..." where so many do not exist
    IndexBuilder(std::string_view codec, std::size_t count, std::uint32_t bound);

    /// Adds the index that comes after the last one and `skipped` others.
    /// @throws std::invalid_argument  where it reaches the bound
    void add(std::uint64_t skipped) {
        if (skipped >= bound_ - next_) {
            refuse_index(skipped);
        }
        next_ += skipped;
        indices_[size_++] = static_cast<std::uint32_t>(next_);
        ++next_;
    }

    /// Sums of the first 1, 2, ... of a few gaps between neighboring indices.
    using Sums = std::array<std::uint8_t, 6>;

    /// Adds the indices behind the first `count` gaps at once, where none reaches the bound, and
    /// returns whether that is so.
    /// @pre 0 < count <= as many as are still to be added
    bool add_gaps(const Sums& sums, std::size_t count) {
        if (sums[count - 1] > bound_ - next_) {
            return false;
        }
        // All of them are written, so that the compiler knows how many; the next ones go over
        // those that do not count.
        for (std::size_t i = 0; i < sums.size(); ++i) {
            indices_[size_ + i] = static_cast<std::uint32_t>(next_ + sums[i] - 1);
        }
        size_ += count;
        next_ += sums[count - 1];
        return true;
    }

    [[nodiscard]] std::vector<std::uint32_t> take() {
        indices_.resize(size_);
        return std::move(indices_);
    }

  private:
    [[noreturn]] void refuse_index(std::uint64_t skipped) const;

    std::string_view codec_;
    std::uint64_t bound_;
    std::uint64_t next_ = 0;              // the lowest index that may follow, at most bound_
    std::vector<std::uint32_t> indices_;  // with room for the Sums behind the last one
    std::size_t size_ = 0;                // how many are added
};

}  // namespace murmur
