#include "learning/codecs/codecs.h"
#include "learning/codecs/fpzip_decoder.h"

#include <fmt/format.h>

#include <fpzip.h>
#include <limits>
#include <stdexcept>

namespace murmur {
namespace {

/// Values by fpzip without its header, as one sequence.  All 32 bits are lossless; fewer cut every
/// value towards zero, by less than 2^(9 - bits) of it (of 2^-126 where it is smaller).  Infinities
/// are kept, and NaN whose highest fraction bit is set, as arithmetic makes them.  Threads may
/// encode at once: all that the library shares is the number of its last error, which is not read
/// here.
class FpzipValues final : public ValueCodec {
  public:
    explicit FpzipValues(const Options& options)
        : bits_(static_cast<int>(options.integer("bits", {10, 32}))) {}

    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return count == 0 ? std::optional<std::size_t>(0) : std::nullopt;
    }

    [[nodiscard]] Bytes encode(std::span<const float> values,
                               std::uint64_t /*stream_seed*/) const override {
        if (values.empty()) {
            return {};
        }
        require_count(values.size());
        // A value takes a symbol of at most 16 bits, at most 31 verbatim, and what is lost where
        // the range is cut at a carry, rarely and less than 16.
        Bytes bytes(8 * values.size() + 64);
        FPZ* const stream = fpzip_write_to_buffer(bytes.data(), bytes.size());
        stream->prec = bits_;
        // Along z its window of earlier values has 8 entries, along x as many as there are values;
        // the predictions are the same.
        stream->nz = static_cast<int>(values.size());
        const std::size_t written = fpzip_write(stream, values.data());
        fpzip_write_close(stream);
        if (written == 0) {
            throw std::runtime_error("codec fpzip: the library cannot encode these values");
        }
        bytes.resize(written);
        bytes.shrink_to_fit();
        return bytes;
    }

    void decode(std::span<const std::uint8_t> bytes, std::span<float> values) const override {
        if (values.empty()) {
            require_encoded_bytes("fpzip", bytes.size(), 0);
            return;
        }
        decode_fpzip(bytes, static_cast<unsigned>(bits_), values);
    }

  private:
    static void require_count(std::size_t count) {
        constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<int>::max());
        if (count > kMost) {
            refuse_codec("fpzip",
                         fmt::format("too many values, got {}, allowed 0 ... {}", count, kMost));
        }
    }

    int bits_;
};

}  // namespace

void register_fpzip(CodecRegistry& registry) {
    registry.add(
        {"fpzip",
         "values by fpzip, lossless or cut to their first bits",
         {named("bits", "32", "of each value that are kept, 10 ... 32")}},
        {.values = [](const Options& options) { return std::make_shared<FpzipValues>(options); }});
}

}  // namespace murmur
