#pragma once

#include "tests/support/temporary_folder.h"

#include <filesystem>
#include <string>

namespace murmur::testing {

/// A LEAF folder with one file in train/ and one in test/.
class LeafFolder {
  public:
    LeafFolder(const std::string& train, const std::string& test) {
        write("train/data.json", train);
        write("test/data.json", test);
    }
    void write(const std::string& name, const std::string& content) const {
        const std::filesystem::path path = folder_.path() / name;
        std::filesystem::create_directories(path.parent_path());
        test::write_text(path, content);
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_.path() / name).string();
    }
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

  private:
    test::TemporaryFolder folder_;
};

/// Returns a LEAF file of one user.
inline std::string leaf_file(const std::string& user,
                             int samples,
                             const std::string& x,
                             const std::string& y) {
    return R"({"users": [")" + user + R"("], "num_samples": [)" + std::to_string(samples) +
           R"(], "user_data": {")" + user + R"(": {"x": )" + x + R"(, "y": )" + y + "}}}";
}

}  // namespace murmur::testing
