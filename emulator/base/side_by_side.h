#pragma once

#include <cstddef>
#include <future>
#include <vector>

namespace murmur {

/// Calls a function for each of so many items, on threads of their own, and waits.
/// @param function  of the number of an item; runs on any of these threads
/// @throws what the function throws
template <class F>
void side_by_side(std::size_t items, unsigned threads, const F& function) {
    std::vector<std::future<void>> parts;
    for (std::size_t thread = 0; thread < threads; ++thread) {
        const std::size_t begin = items * thread / threads;
        const std::size_t end = items * (thread + 1) / threads;
        parts.push_back(std::async(std::launch::async, [&function, begin, end] {
            for (std::size_t item = begin; item < end; ++item) {
                function(item);
            }
        }));
    }
    for (std::future<void>& part : parts) {
        part.get();
    }
}

}  // namespace murmur
