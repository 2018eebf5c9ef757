#pragma once

#include "learning/dataset.h"
#include "tests/support/doctest.h"

#include <stdexcept>
#include <string>

namespace murmur::test {

/// Checks that a dataset is refused, with this in the message.
inline void check_refused(const std::string& spec, const std::string& message) {
    CAPTURE(spec);
    CHECK_THROWS_WITH_AS(static_cast<void>(load_dataset(spec, 1)),
                         doctest::Contains(message.c_str()),
                         std::invalid_argument);
}

}  // namespace murmur::test
