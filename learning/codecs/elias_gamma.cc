#include "learning/codecs/bit_stream.h"
#include "learning/codecs/codecs.h"
#include "learning/codecs/index_builder.h"

#include <fmt/format.h>

#include <bit>

namespace murmur {
namespace {

/// The gap between neighboring indices, 1 or more, as its Elias gamma code: a number of b bits
/// stands behind b - 1 zeros [Elias, 1975].  The first gap is counted from index -1.
/// - [Elias, 1975] P. Elias. Universal codeword sets and representations of the integers. IEEE
///   Transactions on Information Theory 21:194-203.
class EliasGammaIndices final : public IndexCodec {
  public:
    [[nodiscard]] std::optional<std::size_t> encoded_bytes(std::size_t count) const override {
        return count == 0 ? std::optional<std::size_t>(0) : std::nullopt;
    }

    [[nodiscard]] Bytes encode(std::span<const std::uint32_t> indices) const override {
        constexpr std::size_t kLikelyBits = 8;
        BitWriter bits(kLikelyBits * indices.size());
        std::uint64_t next = 0;
        for (const std::uint64_t index : indices) {
            const std::uint64_t gap = index - next + 1;
            const auto zeros = static_cast<unsigned>(std::bit_width(gap)) - 1;
            bits.put(0, zeros);
            bits.put(gap, zeros + 1);
            next = index + 1;
        }
        return bits.finish();
    }

    [[nodiscard]] std::vector<std::uint32_t> decode(std::span<const std::uint8_t> bytes,
                                                    std::size_t count,
                                                    std::uint32_t bound) const override {
        if (count / 8 > bytes.size()) {
            // Every code has a bit: no memory for indices that cannot be there.
            refuse_codec(
                "elias",
                fmt::format("truncated, got {} bytes for {} indices", bytes.size(), count));
        }
        IndexBuilder indices("elias", count, bound);
        BitReader bits("elias", bytes);
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t gap = bits.get(bits.skip_zeros() + 1);
            indices.add(gap - 1);
        }
        bits.expect_end();
        return indices.take();
    }
};

}  // namespace

std::shared_ptr<const IndexCodec> make_elias_indices(const Spec& spec) {
    require_no_codec_argument(spec);
    return std::make_shared<EliasGammaIndices>();
}

}  // namespace murmur
