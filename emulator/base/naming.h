#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

namespace murmur {

/// Runs `read` and returns what it does; names where it read in what it refuses.
/// @throws std::invalid_argument  `where: ...`
template <class F>
auto naming(std::string_view where, F&& read) {
    try {
        return read();
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(fmt::format("{}: {}", where, error.what()));
    }
}

}  // namespace murmur
