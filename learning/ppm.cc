#include "learning/ppm.h"

#include "learning/data_file.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

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

/// What the header says.
struct PpmHeader {
    std::string width;
    std::string height;
    std::string depth;
};

PpmHeader read_header(DataFile& file) {
    if (header_word(file) != "P6") {
        file.fail("is no binary PPM image");
    }
    PpmHeader header;
    header.width = header_word(file);
    header.height = header_word(file);
    header.depth = header_word(file);
    return header;
}

std::vector<std::uint8_t> read_pixels(DataFile& file, std::int64_t width, std::int64_t height) {
    std::vector<std::uint8_t> pixels =
        file.read(static_cast<std::uint64_t>(3 * width * height), "pixels");
    file.expect_end();
    return pixels;
}

}  // namespace

Image read_ppm(std::string_view dataset_name, const std::filesystem::path& path) {
    DataFile file(dataset_name, path);
    const PpmHeader header = read_header(file);
    const auto width = parse_number<std::int64_t>(header.width).value_or(0);
    const auto height = parse_number<std::int64_t>(header.height).value_or(0);
    if (!fits_image(width, height) || header.depth != "255") {
        file.fail(fmt::format("holds {} x {} pixels of 0 ... {}, allowed {} in all of 0 ... 255",
                              shown(header.width),
                              shown(header.height),
                              shown(header.depth),
                              kMaxImagePixels));
    }
    return {width, height, read_pixels(file, width, height)};
}

std::vector<std::uint8_t> read_ppm(std::string_view dataset_name,
                                   const std::filesystem::path& path,
                                   std::int64_t width,
                                   std::int64_t height) {
    DataFile file(dataset_name, path);
    const PpmHeader header = read_header(file);
    if (header.width != std::to_string(width) || header.height != std::to_string(height) ||
        header.depth != "255") {
        file.fail(fmt::format("holds {} x {} pixels of 0 ... {}, allowed {} x {} of 0 ... 255",
                              header.width,
                              header.height,
                              header.depth,
                              width,
                              height));
    }
    const std::vector<std::uint8_t> mixed = read_pixels(file, width, height);
    const auto pixels = static_cast<std::size_t>(width * height);
    std::vector<std::uint8_t> planes(mixed.size());
    for (std::size_t i = 0; i < mixed.size(); ++i) {
        planes[i % 3 * pixels + i / 3] = mixed[i];
    }
    return planes;
}

}  // namespace murmur
