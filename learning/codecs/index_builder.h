#pragma once

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
        indices_.push_back(static_cast<std::uint32_t>(next_));
        ++next_;
    }

    [[nodiscard]] std::vector<std::uint32_t> take() { return std::move(indices_); }

  private:
    [[noreturn]] void refuse_index(std::uint64_t skipped) const;

    std::string_view codec_;
    std::uint64_t bound_;
    std::uint64_t next_ = 0;  // the lowest index that may follow, at most bound_
    std::vector<std::uint32_t> indices_;
};

}  // namespace murmur
