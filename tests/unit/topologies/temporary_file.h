#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>

namespace murmur {

/// A file in a folder of its own that goes when the test does.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view name, std::string_view content = "") {
        static int count = 0;
        folder_ = std::filesystem::temp_directory_path() /
                  ("murmur-topologies-" + std::to_string(getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directory(folder_);
        path_ = folder_ / name;
        std::ofstream(path_) << content;
    }
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string content() const {
        std::ifstream stream(path_);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

  private:
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

}  // namespace murmur
