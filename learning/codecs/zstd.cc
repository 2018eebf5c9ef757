#include "learning/codecs/codecs.h"
#include "learning/codecs/compressed.h"

#include <fmt/format.h>

#include <stdexcept>
#include <zstd.h>

namespace murmur {
namespace {

/// Zstandard, one frame [RFC 8878].  Its sizes may differ a little between versions of the library.
class Zstd final : public Compressor {
  public:
    explicit Zstd(const Options& options)
        : level_(static_cast<int>(options.integer("level", {1, ZSTD_maxCLevel()}))) {}

    [[nodiscard]] std::string_view name() const override { return "zstd"; }

    /// A block has at least 4 bytes and at most 128 KiB of content.
    [[nodiscard]] std::size_t largest_ratio() const override { return 32768; }

    [[nodiscard]] Bytes compress(std::span<const std::uint8_t> content) const override {
        Bytes bytes(ZSTD_compressBound(content.size()));
        const std::size_t written =
            ZSTD_compress(bytes.data(), bytes.size(), content.data(), content.size(), level_);
        if (ZSTD_isError(written) != 0) {
            throw std::runtime_error(
                fmt::format("codec zstd: cannot compress: {}", ZSTD_getErrorName(written)));
        }
        bytes.resize(written);
        return bytes;
    }

    void decompress(std::span<const std::uint8_t> bytes,
                    std::span<std::uint8_t> content) const override {
        const std::size_t written =
            ZSTD_decompress(content.data(), content.size(), bytes.data(), bytes.size());
        if (ZSTD_isError(written) != 0) {
            refuse_codec(name(), fmt::format("damaged: {}", ZSTD_getErrorName(written)));
        }
        if (written != content.size()) {
            refuse_codec(name(),
                         fmt::format("gives {} bytes, allowed {}", written, content.size()));
        }
    }

  private:
    int level_;
};

}  // namespace

void register_zstd(CodecRegistry& registry) {
    registry.add(
        {"zstd",
         "gaps of indices or bits of values, by Zstandard; lossless",
         {named("level",
                std::to_string(ZSTD_CLEVEL_DEFAULT),
                "how hard it tries, 1 ... " + std::to_string(ZSTD_maxCLevel()))}},
        {[](const Options& options) { return compressed_indices(std::make_shared<Zstd>(options)); },
         [](const Options& options) {
             return compressed_values(std::make_shared<Zstd>(options));
         }});
}

}  // namespace murmur
