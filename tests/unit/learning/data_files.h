#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::testing {

using Bytes = std::vector<std::uint8_t>;

/// A new empty folder, removed with its content at the end of the test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "murmur-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder " + name);
        }
        path_ = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file and returns its path.
    std::string write(std::string_view name, const Bytes& bytes) const {
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        return (path_ / name).string();
    }
    std::string write(std::string_view name, std::string_view text) const {
        return write(name, Bytes(text.begin(), text.end()));
    }

  private:
    std::filesystem::path path_;
};

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
