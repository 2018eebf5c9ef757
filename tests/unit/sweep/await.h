#pragma once

#include "tests/support/doctest.h"

#include <chrono>
#include <thread>

namespace murmur::sweep {

/// Waits until `condition` holds; fails the test only after a minute, that is on a hung machine.
template <typename Condition>
void await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            FAIL("waited a minute in vain");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

}  // namespace murmur::sweep
