#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace murmur {

/// Returns a value of a file for a message: as the file has it, cut where it is long.  Of a list or
/// an object its kind alone: it may be nested deeper than the stack lets anyone follow.
[[nodiscard]] inline std::string brief(const nlohmann::json& value) {
    constexpr std::size_t kMostBytes = 80;
    return value.is_structured() ? std::string("an ") + value.type_name()
                                 : value.dump().substr(0, kMostBytes);
}

}  // namespace murmur
