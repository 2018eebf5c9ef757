#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

namespace murmur {

/// Refuses what an option got, unless `holds`, and says what is allowed instead.
/// @throws std::invalid_argument
template <class Number>
void require(bool holds, std::string_view option, const Number& got, std::string_view allowed) {
    if (!holds) {
        throw std::invalid_argument(fmt::format("{}: got {}, allowed {}", option, got, allowed));
    }
}

}  // namespace murmur
