#pragma once

#include "tests/support/temporary_folder.h"

#include <string>
#include <string_view>

namespace murmur {

/// A file in a folder of its own that goes when the test does.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view name, std::string_view content = "")
        : name_(name), path_(folder_.write(name, content)) {}

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string content() const { return folder_.read(name_); }

  private:
    test::TemporaryFolder folder_;
    std::string name_;
    std::string path_;
};

}  // namespace murmur
