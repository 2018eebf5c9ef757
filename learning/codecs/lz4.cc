#include "learning/codecs/codecs.h"
#include "learning/codecs/compressed.h"

#include <fmt/format.h>

#include <lz4.h>

namespace murmur {
namespace {

/// LZ4 in its block format [Collet, 2013]: no frame, the receiver knows the length.
/// - [Collet, 2013] Y. Collet. LZ4 block format description. github.com/lz4/lz4.
class Lz4 final : public Compressor {
  public:
    [[nodiscard]] std::string_view name() const override { return "lz4"; }

    /// A byte of a match's length adds at most 255.
    [[nodiscard]] std::size_t largest_ratio() const override { return 255; }

    [[nodiscard]] Bytes compress(std::span<const std::uint8_t> content) const override {
        require_length(content.size());
        const int size = static_cast<int>(content.size());
        Bytes bytes(static_cast<std::size_t>(LZ4_compressBound(size)));
        const int written = LZ4_compress_default(reinterpret_cast<const char*>(content.data()),
                                                 reinterpret_cast<char*>(bytes.data()),
                                                 size,
                                                 static_cast<int>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(written));
        return bytes;
    }

    void decompress(std::span<const std::uint8_t> bytes,
                    std::span<std::uint8_t> content) const override {
        require_length(content.size());
        require_length(bytes.size());
        const int written = LZ4_decompress_safe(reinterpret_cast<const char*>(bytes.data()),
                                                reinterpret_cast<char*>(content.data()),
                                                static_cast<int>(bytes.size()),
                                                static_cast<int>(content.size()));
        if (written < 0 || static_cast<std::size_t>(written) != content.size()) {
            refuse_codec(
                name(),
                fmt::format("damaged: {} bytes do not give {}", bytes.size(), content.size()));
        }
    }

  private:
    void require_length(std::size_t size) const {
        if (size > LZ4_MAX_INPUT_SIZE) {
            refuse_codec(
                name(),
                fmt::format("too long, got {} bytes, allowed 0 ... {}", size, LZ4_MAX_INPUT_SIZE));
        }
    }
};

}  // namespace

void register_lz4(CodecRegistry& registry) {
    registry.add({"lz4", "gaps of indices or bits of values, by LZ4; lossless, fast"},
                 {[](const Options&) { return compressed_indices(std::make_shared<Lz4>()); },
                  [](const Options&) { return compressed_values(std::make_shared<Lz4>()); }});
}

}  // namespace murmur
