#include "learning/codecs/bit_stream.h"
#include "learning/codecs/codecs.h"
#include "learning/codecs/index_builder.h"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace murmur {
namespace {

/// The gaps that a few bits hold, decoded at once: most codes are short.
struct Group {
    static constexpr unsigned kBits = 11;

    std::uint8_t count = 0;     ///< whole codes
    std::uint8_t width = 0;     ///< of these codes
    IndexBuilder::Sums sums{};  ///< of the first 1, 2, ... gaps
};

constexpr Group read_group(unsigned bits) {
    Group group;
    while (group.count < group.sums.size()) {
        const unsigned rest = bits << group.width & ((1U << Group::kBits) - 1);
        const unsigned zeros = Group::kBits - static_cast<unsigned>(std::bit_width(rest));
        const unsigned width = group.width + 2 * zeros + 1;
        if (width > Group::kBits) {
            break;
        }
        const unsigned gap = rest >> (Group::kBits - 2 * zeros - 1);
        const unsigned before = group.count == 0 ? 0 : group.sums[group.count - 1];
        group.sums[group.count] = static_cast<std::uint8_t>(before + gap);
        group.width = static_cast<std::uint8_t>(width);
        ++group.count;
    }
    return group;
}

/// Every group, by its bits.
constexpr auto kGroups = [] {
    std::array<Group, std::size_t{1} << Group::kBits> groups;
    for (unsigned bits = 0; bits < groups.size(); ++bits) {
        groups[bits] = read_group(bits);
    }
    return groups;
}();

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
            if (zeros > 16) {
                bits.put(0, zeros);
                bits.put(gap, zeros + 1);
            } else {
                bits.put(gap, 2 * zeros + 1);
            }
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
        std::size_t i = 0;
        while (i < count) {
            const Group& group = kGroups[bits.peek(Group::kBits)];
            if (group.count > 0 && group.count <= count - i && bits.has(group.width) &&
                indices.add_gaps(group.sums, group.count)) {
                bits.skip(group.width);
                i += group.count;
            } else {
                // A long code, one of the last ones, or one that is refused.
                const std::uint64_t gap = bits.get(bits.skip_zeros() + 1);
                indices.add(gap - 1);
                ++i;
            }
        }
        bits.expect_end();
        return indices.take();
    }
};

}  // namespace

void register_elias_gamma(CodecRegistry& registry) {
    registry.add({"elias", "indices as Elias gamma codes of the gaps between them"},
                 {.indices = [](const Options&) { return std::make_shared<EliasGammaIndices>(); }});
}

}  // namespace murmur
