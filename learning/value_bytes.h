#pragma once

#include "learning/parameters.h"
#include "learning/sharing.h"

#include <cstddef>
#include <memory>

namespace murmur {

/// The memory that a value holds.
struct ValueBytes {
    std::size_t all = 0;
    /// Of these, all but vectors of parameters, whose bytes `ParameterVector::live_bytes` has.
    std::size_t uncounted = 0;
};

template <class T>
[[nodiscard]] ValueBytes value_bytes(const T& /*small*/) {
    return {sizeof(T), sizeof(T)};
}
[[nodiscard]] inline ValueBytes value_bytes(const Parameters& parameters) {
    return {parameters ? sizeof(float) * parameters->size() : 0, 0};
}
[[nodiscard]] inline ValueBytes value_bytes(const std::shared_ptr<const EncodedModel>& encoded) {
    const std::size_t bytes = encoded ? encoded->memory_bytes() : 0;
    return {bytes, bytes};
}

}  // namespace murmur
