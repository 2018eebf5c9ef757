#pragma once

#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace murmur {

/// Consecutive values of a flat vector.
struct ValueRange {
    std::size_t begin = 0;
    std::size_t size = 0;

    bool operator==(const ValueRange&) const = default;
};

/// Some values of a flat vector that travel together: ascending ranges that do not overlap.
using Fragment = std::vector<ValueRange>;

/// Which layers make a fragment.
enum class FragmentOrder : std::uint8_t {
    kStrided,     ///< layer l in fragment l mod P
    kSequential,  ///< consecutive layers: each takes its share of the values that are left
};

/// Divides a model among fragments, layer by layer, at least one for each.  The tensors of one
/// module, whose names differ behind the last dot alone, are a layer; tensors without such names
/// are one each.  A model without a layout, or with fewer layers than fragments, is cut into equal
/// parts of its values instead.
/// @return [count]
/// @pre count > 0
[[nodiscard]] std::vector<Fragment> fragments_of(const ParameterLayout& layout,
                                                 std::size_t num_parameters,
                                                 std::size_t count,
                                                 FragmentOrder order);

/// Returns how many values a fragment has.
[[nodiscard]] std::size_t size_of(const Fragment& fragment);

/// Returns the values of a fragment, one range behind the other: [size_of(fragment)].
[[nodiscard]] Parameters gather(const ParameterVector& vector, const Fragment& fragment);

/// Writes values that `gather` returned back to their places.
void scatter(std::span<const float> values, const Fragment& fragment, std::span<float> vector);

}  // namespace murmur
