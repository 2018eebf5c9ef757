#include "tests/fuzz/seed_files.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <zlib.h>

// After <cstdio>, which it does not include.
#include <jpeglib.h>
#include <png.h>

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

Bytes png_image(std::uint32_t width, std::uint32_t height) {
    const Bytes pixels = ppm_image(width, height);
    ::png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = PNG_FORMAT_RGB;
    const std::uint8_t* const first = pixels.data() + pixels.size() - 3 * width * height;
    png_alloc_size_t size = 0;
    if (png_image_write_to_memory(&image, nullptr, &size, 0, first, 0, nullptr) == 0) {
        throw std::runtime_error("libpng cannot tell the size of an image");
    }
    Bytes bytes(size);
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, first, 0, nullptr) == 0) {
        throw std::runtime_error("libpng cannot write an image");
    }
    return bytes;
}

Bytes jpeg_image(std::uint32_t width, std::uint32_t height, bool is_progressive) {
    Bytes pixels = ppm_image(width, height);
    jpeg_compress_struct encoder{};
    jpeg_error_mgr errors{};
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    unsigned char* written = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&encoder, &written, &size);
    encoder.image_width = width;
    encoder.image_height = height;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    if (is_progressive) {
        jpeg_simple_progression(&encoder);
    }
    jpeg_start_compress(&encoder, TRUE);
    std::uint8_t* row = pixels.data() + pixels.size() - 3 * width * height;
    for (; encoder.next_scanline < height; row += 3 * width) {
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    const Bytes bytes(written, written + size);
    std::free(written);
    return bytes;
}

Bytes npy_array(std::string_view type, std::string_view shape, std::size_t bytes) {
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, shape);
    constexpr std::size_t kAligned = 64;
    constexpr std::size_t kBefore = 10;
    header.resize((kBefore + header.size() + kAligned) / kAligned * kAligned - kBefore, ' ');
    header.back() = '\n';
    Bytes file = as_bytes("\x93NUMPY\x01");
    file.push_back(0);
    file.push_back(static_cast<std::uint8_t>(header.size() & 0xff));
    file.push_back(static_cast<std::uint8_t>(header.size() >> 8));
    const Bytes text = as_bytes(header);
    file.insert(file.end(), text.begin(), text.end());
    file.resize(file.size() + bytes);
    return file;
}

}  // namespace murmur::fuzz
