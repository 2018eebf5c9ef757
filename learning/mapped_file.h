#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace murmur {

/// A file's bytes as they lie on disk, read by the operating system when they are looked at, so
/// that a file larger than memory can be had.  It must not be cut short while it is in use.
class MappedFile {
  public:
    /// @throws std::invalid_argument  "dataset name: path: ..." where there is no regular file that
    ///                                can be read and mapped
    MappedFile(std::string_view dataset_name, const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;

    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  private:
    std::span<const std::uint8_t> bytes_;
};

}  // namespace murmur
