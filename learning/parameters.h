#pragma once

#include "learning/parameter_layout.h"

#include <cstddef>
#include <memory>
#include <span>

namespace murmur {

/// The parameters of one node at one version: a flat float32 vector, all parameters and floating
/// buffers of the model in declaration order.  Written once by the task that makes it, immutable
/// from then on.  Storage is 64-byte aligned and recycled between vectors of one length.
class ParameterVector {
  public:
    /// Allocates `size` uninitialized values.
    explicit ParameterVector(std::size_t size);
    ~ParameterVector();
    ParameterVector(const ParameterVector&) = delete;
    ParameterVector& operator=(const ParameterVector&) = delete;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<float> values() { return {data_, size_}; }
    [[nodiscard]] std::span<const float> values() const { return {data_, size_}; }

    /// Returns the bytes of all vectors that are alive in this process; thread-safe.
    [[nodiscard]] static std::size_t live_bytes();

  private:
    float* data_;
    std::size_t size_;
};

/// A shared, immutable version of some node's parameters.  Copying it costs nothing.
using Parameters = std::shared_ptr<const ParameterVector>;

/// Returns a vector with a copy of these values.
[[nodiscard]] Parameters make_parameters(std::span<const float> values);

/// Returns a copy that may be changed before it is shared.
[[nodiscard]] std::shared_ptr<ParameterVector> copy_of(const ParameterVector& x);

/// Returns x + (after - before), value by value: a change applied to parameters that it did not
/// begin from.  Buffers become those of `after`: a difference of running averages added to others
/// is no average, and a variance could pass below zero.
/// @param layout  of all three vectors; empty: no buffers
/// @throws std::invalid_argument  where the lengths differ
[[nodiscard]] Parameters apply_change(const ParameterVector& x,
                                      const ParameterVector& before,
                                      const ParameterVector& after,
                                      const ParameterLayout& layout = {});

}  // namespace murmur
