#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace murmur::testing {

using Bytes = std::vector<std::uint8_t>;

/// Returns a folder of real data, below MURMUR_SHARED or the place that the build names; says so
/// and returns nothing where it is absent, since the data are not part of the repository.
inline std::optional<std::filesystem::path> shared_data(const std::string& name) {
    const char* const chosen = std::getenv("MURMUR_SHARED");
    const std::filesystem::path path =
        std::filesystem::path(chosen != nullptr ? chosen : MURMUR_SHARED_DEFAULT) / "data" / name;
    if (std::filesystem::exists(path)) {
        return path;
    }
    std::cout << "NOT RUN: " << path << " is absent; set MURMUR_SHARED to the folder that holds "
              << "data/" << name << "\n";
    return std::nullopt;
}

}  // namespace murmur::testing
