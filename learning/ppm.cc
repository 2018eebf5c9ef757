#include "learning/ppm.h"

#include "learning/data_file.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string>

namespace murmur {
namespace {

/// Reads the next word of the header and the one blank behind it; comments run to the line's end.
std::string header_word(DataFile& file) {
    constexpr std::size_t kMaxLength = 16;
    constexpr int kMaxBytes = 1 << 16;  // with comments, which some writers put first
    std::string word;
    bool is_comment = false;
    for (int read = 0; read < kMaxBytes && word.size() < kMaxLength; ++read) {
        const char c = static_cast<char>(file.read(1, "the header").front());
        if (is_comment) {
            is_comment = c != '\n';
        } else if (c == '#' && word.empty()) {
            is_comment = true;
        } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            word += c;
        } else if (!word.empty()) {
            return word;
        }
    }
    file.fail("is no binary PPM image");
}

}  // namespace

std::vector<std::uint8_t> read_ppm(std::string_view dataset_name,
                                   const std::filesystem::path& path,
                                   std::int64_t width,
                                   std::int64_t height) {
    DataFile file(dataset_name, path);
    if (header_word(file) != "P6") {
        file.fail("is no binary PPM image");
    }
    const std::string got_width = header_word(file);
    const std::string got_height = header_word(file);
    const std::string depth = header_word(file);
    if (got_width != std::to_string(width) || got_height != std::to_string(height) ||
        depth != "255") {
        file.fail(fmt::format("holds {} x {} pixels of 0 ... {}, allowed {} x {} of 0 ... 255",
                              got_width,
                              got_height,
                              depth,
                              width,
                              height));
    }
    const auto pixels = static_cast<std::size_t>(width * height);
    const std::vector<std::uint8_t> mixed = file.read(3 * pixels, "pixels");
    file.expect_end();
    std::vector<std::uint8_t> planes(mixed.size());
    for (std::size_t i = 0; i < mixed.size(); ++i) {
        planes[i % 3 * pixels + i / 3] = mixed[i];
    }
    return planes;
}

}  // namespace murmur
