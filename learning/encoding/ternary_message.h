#pragma once

#include "learning/codec.h"
#include "learning/encoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace murmur {

/// A sparse vector whose entries are all +magnitude or -magnitude.
struct TernaryUpdate {
    std::vector<std::uint32_t> indices;     ///< strictly ascending
    std::vector<std::uint8_t> is_negative;  ///< [indices.size()], 0 or 1
    float magnitude = 0;

    /// Returns the entries' values: [indices.size()].
    [[nodiscard]] std::vector<float> values() const;
    /// sum += weight * this
    void add_to(std::span<float> sum, float weight) const;
};

/// A ternary update as bytes: encoded indices, one bit for each sign, one float for the magnitude.
/// Where every entry is sent, no indices travel.
struct TernaryMessage final : EncodedModel {
    /// On the wire before the indices: degree and round of the sender, number of entries; 4 bytes
    /// each.
    static constexpr std::uint64_t kHeaderBytes = 12;

    std::size_t num_entries = 0;
    Bytes indices;
    Bytes signs;  ///< one bit each, the lowest first; 1 is negative
    float magnitude = 0;

    [[nodiscard]] MessageSize size() const override {
        return {signs.size() + sizeof magnitude, kHeaderBytes + indices.size()};
    }
    static constexpr std::string_view kTypeName = "ternary-message";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

/// Returns the ternary update nearest to `vector` with `count` entries: those of largest magnitude,
/// each replaced by its sign times the mean of their magnitudes.
[[nodiscard]] TernaryUpdate make_ternary(std::span<const float> vector, std::size_t count);

/// Encodes an update of a vector of `length` entries.
[[nodiscard]] std::shared_ptr<const TernaryMessage> encode_ternary(const TernaryUpdate& update,
                                                                   const IndexCodec& codec,
                                                                   std::size_t length);

/// Decodes a message about a vector of `length` entries.
/// @throws std::invalid_argument  on a message about a vector of another length
[[nodiscard]] TernaryUpdate decode_ternary(const EncodedModel& message,
                                           const IndexCodec& codec,
                                           std::size_t length);

}  // namespace murmur
