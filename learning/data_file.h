#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// A binary file of samples, plain or gzip (told apart by its content), read from front to back.
class DataFile {
  public:
    /// @throws std::invalid_argument  where there is no readable regular file
    DataFile(std::string_view dataset_name, const std::filesystem::path& path);
    ~DataFile();
    /// Opens a file that is no dataset's; `where` begins its messages.
    [[nodiscard]] static DataFile named(std::string_view where, const std::filesystem::path& path);

    /// Fills `bytes` as far as the file reaches and returns how many were read.
    /// @throws std::invalid_argument  on damaged or cut gzip data
    std::size_t read_some(std::span<std::uint8_t> bytes);

    /// Reads `count` bytes.  Memory grows with what the file really holds, so that a false count
    /// in a header cannot make the program allocate it.
    /// @param what  what the bytes are, for the message: "pixels"
    /// @throws std::invalid_argument  where the file ends early
    [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t count, std::string_view what);

    /// Reads all that is left.
    /// @param most  bytes that are allowed: a gzip file of a few megabytes may unfold to any size
    /// @param what  what the bytes are, for the message: "text"
    /// @throws std::invalid_argument  where there are more
    [[nodiscard]] std::vector<std::uint8_t> read_all(std::uint64_t most, std::string_view what);

    /// @throws std::invalid_argument  where bytes follow
    void expect_end();

    /// Throws std::invalid_argument: "dataset name: path: message".
    [[noreturn]] void fail(std::string_view message) const;

  private:
    struct Stream;
    struct Name {
        std::string text;
    };
    DataFile(Name where, const std::filesystem::path& path);

    std::string name_and_path_;
    std::unique_ptr<Stream> stream_;
    std::uint64_t offset_ = 0;  // in the uncompressed content
};

/// Tells whether there is a file; false where its folder may not be searched.
[[nodiscard]] bool is_file(const std::filesystem::path& path);

/// @throws std::invalid_argument  "dataset name: ..." where `path` is not a folder
void require_folder(std::string_view dataset_name, const std::filesystem::path& path);

}  // namespace murmur
