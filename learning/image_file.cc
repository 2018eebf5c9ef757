#include "learning/image_file.h"

#include "learning/data_file.h"
#include "learning/ppm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <utility>

// After <cstdio>, which it does not include.
#include <jpeglib.h>
#include <png.h>

namespace murmur {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Both libraries report errors by a function that must not return.  It jumps: between the jump and
// where it lands no object with a destructor is made, and what changes after `setjmp` is not local
// to the function that lands.

std::string size_refusal(std::int64_t width, std::int64_t height) {
    return fits_image(width, height)
               ? std::string()
               : fmt::format(
                     "holds {} x {} pixels, allowed {} in all", width, height, kMaxImagePixels);
}

/// What a decoder works on, and how it ended.
struct Decoding {
    std::span<const std::uint8_t> rest;
    Image image{};
    std::string refusal{};           ///< why the image cannot be read; empty: it can
    std::array<char, 200> damage{};  ///< what the library says
    std::jmp_buf landing{};
};

void note_damage(Decoding& decoding, const char* message) {
    std::snprintf(decoding.damage.data(), decoding.damage.size(), "%s", message);
}

/// Makes room for the next row and returns it: memory grows with what the file holds.
std::uint8_t* next_row(Image& image) {
    const std::size_t before = image.pixels.size();
    image.pixels.resize(before + static_cast<std::size_t>(3 * image.width));
    return image.pixels.data() + before;
}

[[noreturn]] void fail_png(png_structp png, png_const_charp message) {
    auto& decoding = *static_cast<Decoding*>(png_get_error_ptr(png));
    note_damage(decoding, message);
    std::longjmp(decoding.landing, 1);
}

void ignore_png_warning(png_structp, png_const_charp) {}

void read_png_bytes(png_structp png, png_bytep to, std::size_t count) {
    auto& decoding = *static_cast<Decoding*>(png_get_io_ptr(png));
    if (count > decoding.rest.size()) {
        png_error(png, "the file ends early");
    }
    std::copy_n(decoding.rest.begin(), count, to);
    decoding.rest = decoding.rest.subspan(count);
}

/// Reads the header and asks for 8 bits of red, green and blue; returns whether rows may be read.
bool prepare_png(png_structp png, png_infop info, Decoding& decoding) {
    png_set_read_fn(png, &decoding, read_png_bytes);
    png_set_user_limits(png, kMaxImagePixels, kMaxImagePixels);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_DEFAULT);
    png_read_info(png, info);
    decoding.image.width = png_get_image_width(png, info);
    decoding.image.height = png_get_image_height(png, info);
    decoding.refusal = size_refusal(decoding.image.width, decoding.image.height);
    if (!decoding.refusal.empty()) {
        return false;
    }
    png_set_strip_16(png);
    png_set_packing(png);
    png_set_expand(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    return true;
}

/// Reads all rows, of an interlaced image once for each pass.
void read_png_rows(png_structp png, png_infop info, Image& image) {
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != static_cast<std::size_t>(3 * image.width)) {
        png_error(png, "rows of another length than three channels have");
    }
    for (int pass = 0; pass < passes; ++pass) {
        for (std::int64_t row = 0; row < image.height; ++row) {
            png_read_row(png,
                         pass == 0 ? next_row(image) : image.pixels.data() + 3 * row * image.width,
                         nullptr);
        }
    }
    png_read_end(png, nullptr);
}

void decode_png(Decoding& decoding) {
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoding, fail_png, ignore_png_warning);
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    if (info == nullptr) {
        note_damage(decoding, "no memory for the decoder");
    } else if (setjmp(decoding.landing) == 0) {
        if (prepare_png(png, info, decoding)) {
            read_png_rows(png, info, decoding.image);
        }
    }
    png_destroy_read_struct(&png, &info, nullptr);
}

/// The reports of a JPEG decoder.
struct JpegReports {
    jpeg_error_mgr functions;  ///< first: the library hands a pointer to it around
    Decoding* decoding;
};

[[noreturn]] void fail_jpeg(j_common_ptr decoder) {
    auto* const reports = reinterpret_cast<JpegReports*>(decoder->err);
    std::array<char, JMSG_LENGTH_MAX> message{};
    (*decoder->err->format_message)(decoder, message.data());
    note_damage(*reports->decoding, message.data());
    std::longjmp(reports->decoding->landing, 1);
}

/// What the library goes on after is damage as well: it fills in what a cut file lacks.
void refuse_jpeg_warning(j_common_ptr decoder, int level) {
    if (level < 0) {
        fail_jpeg(decoder);
    }
}

/// Reads the header and asks for red, green and blue; returns whether rows may be read.
bool prepare_jpeg(jpeg_decompress_struct& decoder, Decoding& decoding) {
    jpeg_mem_src(&decoder, decoding.rest.data(), decoding.rest.size());
    jpeg_read_header(&decoder, TRUE);
    decoding.image.width = decoder.image_width;
    decoding.image.height = decoder.image_height;
    decoding.refusal = size_refusal(decoding.image.width, decoding.image.height);
    if (decoder.num_components != 1 && decoder.num_components != 3) {
        decoding.refusal = fmt::format("holds {} channels, allowed gray or red, green and blue",
                                       decoder.num_components);
    }
    decoder.out_color_space = JCS_RGB;
    decoder.dct_method = JDCT_ISLOW;
    return decoding.refusal.empty();
}

void read_jpeg_rows(jpeg_decompress_struct& decoder, Image& image) {
    jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < decoder.output_height) {
        std::uint8_t* row = next_row(image);
        jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
}

void run_jpeg(jpeg_decompress_struct& decoder, Decoding& decoding) {
    if (setjmp(decoding.landing) == 0) {
        jpeg_create_decompress(&decoder);
        if (prepare_jpeg(decoder, decoding)) {
            read_jpeg_rows(decoder, decoding.image);
        }
    }
}

void decode_jpeg(Decoding& decoding) {
    jpeg_decompress_struct decoder{};
    JpegReports reports{};
    decoder.err = jpeg_std_error(&reports.functions);
    reports.functions.error_exit = fail_jpeg;
    reports.functions.emit_message = refuse_jpeg_warning;
    reports.decoding = &decoding;
    run_jpeg(decoder, decoding);
    jpeg_destroy_decompress(&decoder);
}

bool begins_with(const Bytes& bytes, std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

Image read_image(std::string_view dataset_name, const std::filesystem::path& path) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 26;
    DataFile file(dataset_name, path);
    const Bytes bytes = file.read_all(kMostBytes, "an image");
    if (begins_with(bytes, "P6")) {
        return read_ppm(dataset_name, path);
    }
    Decoding decoding{.rest = bytes};
    if (begins_with(bytes, "\x89PNG\r\n\x1a\n")) {
        decode_png(decoding);
    } else if (begins_with(bytes, "\xff\xd8\xff")) {
        decode_jpeg(decoding);
    } else {
        file.fail("no PNG, JPEG or binary PPM image");
    }
    if (!decoding.refusal.empty()) {
        file.fail(decoding.refusal);
    }
    if (decoding.damage.front() != '\0') {
        file.fail(fmt::format("a damaged image: {}", decoding.damage.data()));
    }
    return std::move(decoding.image);
}

}  // namespace murmur
