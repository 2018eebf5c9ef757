#include "tests/fuzz/seed_files.h"

#include <fmt/format.h>

#include <stdexcept>
#include <zlib.h>

namespace murmur::fuzz {

Bytes gzip(const Bytes& content) {
    z_stream stream{};
    constexpr int kGzipWindow = 15 + 16;
    if (deflateInit2(&stream, 9, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("cannot start zlib");
    }
    Bytes bytes(deflateBound(&stream, content.size()));
    stream.next_in = const_cast<std::uint8_t*>(content.data());
    stream.avail_in = static_cast<unsigned>(content.size());
    stream.next_out = bytes.data();
    stream.avail_out = static_cast<unsigned>(bytes.size());
    deflate(&stream, Z_FINISH);
    bytes.resize(stream.total_out);
    deflateEnd(&stream);
    return bytes;
}

Bytes ppm_image(std::uint32_t width, std::uint32_t height) {
    Bytes image = as_bytes(fmt::format("P6\n{} {}\n255\n", width, height));
    for (std::uint32_t i = 0; i < 3 * width * height; ++i) {
        image.push_back(static_cast<std::uint8_t>(i % 251));
    }
    return image;
}

}  // namespace murmur::fuzz
