#pragma once

#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// What a message says of its sender's vector: all of its values, or some entries of it.
///
/// An entry is one value, or several side by side such as the two of a complex coefficient.
class ModelView {
  public:
    /// All values, held together with whoever made them.
    explicit ModelView(Parameters values);
    /// Some entries, or all of them.
    /// @param indices  of the entries, strictly ascending
    /// @param values   [indices.size() * width]
    /// @param width    values of one entry; entry i begins at value i * width
    ModelView(std::vector<std::uint32_t> indices, std::vector<float> values, std::size_t width = 1);

    /// Returns whether it is a vector of all values, which needs no indices.
    [[nodiscard]] bool is_whole() const { return whole_ != nullptr; }
    /// Returns the values in the order of the vector: all, or those of the entries.
    [[nodiscard]] std::span<const float> values() const {
        return is_whole() ? whole_->values() : std::span<const float>(values_);
    }
    /// Returns the indices of the entries; none where it is whole.
    [[nodiscard]] std::span<const std::uint32_t> indices() const { return indices_; }
    [[nodiscard]] std::size_t width() const { return width_; }

    /// Returns the sender's vector as far as it is known, and `own` where nothing was sent.
    [[nodiscard]] Parameters completed(const ParameterVector& own) const;

  private:
    Parameters whole_;
    std::vector<std::uint32_t> indices_;
    std::vector<float> values_;
    std::size_t width_ = 1;
};

}  // namespace murmur
