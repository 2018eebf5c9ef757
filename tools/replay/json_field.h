#pragma once

#include "learning/json_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace murmur::replay {

using Json = nlohmann::json;

/// Reads a file that must be JSON.
/// @throws std::invalid_argument  "PATH: ..." where it cannot be opened, or is none
[[nodiscard]] Json read_json_file(const std::filesystem::path& path);

/// A value of a JSON file together with its path in it, for messages.
///
/// All of it throws std::invalid_argument, "WHERE: what", where the value is another one.
struct Field {
    const Json& json;
    std::string where;

    [[noreturn]] void refuse(std::string_view what) const {
        throw std::invalid_argument(fmt::format("{}: {}", where, what));
    }

    [[nodiscard]] bool has(const std::string& key) const {
        return json.is_object() && json.contains(key);
    }
    [[nodiscard]] Field at(const std::string& key) const {
        if (!has(key)) {
            refuse(fmt::format("has no key '{}'", key));
        }
        return {json.at(key), fmt::format("{}: {}", where, key)};
    }
    /// @pre index < size()
    [[nodiscard]] Field at(std::size_t index) const {
        return {json.at(index), fmt::format("{}[{}]", where, index)};
    }

    /// Returns the number of elements of a list.
    [[nodiscard]] std::size_t size() const {
        if (!json.is_array()) {
            refuse(fmt::format("not a list, got {}", json.type_name()));
        }
        return json.size();
    }
    void require_size(std::size_t expected) const {
        if (size() != expected) {
            refuse(fmt::format("wrong length, got {}, allowed {}", size(), expected));
        }
    }

    [[nodiscard]] double number() const {
        if (!json.is_number()) {
            refuse(fmt::format("not a number, got {}", brief(json)));
        }
        return json.get<double>();
    }
    /// Returns the number behind a word of a text of this field, as it is written there.
    [[nodiscard]] std::string number_behind(std::string_view text, std::string_view word) const;
    [[nodiscard]] std::uint64_t natural(std::uint64_t most) const {
        if (!json.is_number_unsigned() || json.get<std::uint64_t>() > most) {
            refuse(fmt::format(
                "not a whole number in range, got {}, allowed 0 ... {}", brief(json), most));
        }
        return json.get<std::uint64_t>();
    }
};

}  // namespace murmur::replay
