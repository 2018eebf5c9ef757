#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <zlib.h>

namespace murmur {

/// Returns a text as a gzip file.
[[nodiscard]] inline std::string gzip(std::string_view text) {
    std::string packed(compressBound(text.size()) + 64, '\0');
    z_stream stream{};
    constexpr int kGzip = 15 + 16;
    if (deflateInit2(&stream, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string input(text);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (!is_whole) {
        throw std::runtime_error("deflate");
    }
    return packed;
}

}  // namespace murmur
