#pragma once

#include "tests/support/places.h"
#include "tests/support/skip.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace murmur::testing {

using Bytes = std::vector<std::uint8_t>;

/// Returns a folder of real data below the shared folder; says so and returns nothing where it is
/// absent, since the data are not part of the repository.
inline std::optional<std::filesystem::path> shared_data(const std::string& name) {
    std::filesystem::path path = test::shared_file(std::filesystem::path("data") / name);
    if (std::filesystem::exists(path)) {
        return path;
    }
    test::skip(path.string() + " is absent; set MURMUR_SHARED to the folder that holds data/" +
               name);
    return std::nullopt;
}

}  // namespace murmur::testing
