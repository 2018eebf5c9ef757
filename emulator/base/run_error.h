#pragma once

#include <stdexcept>

namespace murmur {

/// A run that has diverged: some loss is not finite.
class DivergedError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace murmur
