#pragma once

#include "learning/codec.h"
#include "learning/encoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace murmur {

/// Some entries of a vector of the sender, with their places, as encoded bytes.
///
/// An entry is one float, or several such as the two of a complex coefficient.  Where every entry
/// of the vector is sent, no indices travel.
struct SparseMessage final : EncodedModel {
    /// On the wire before the indices: degree and round of the sender, number of entries, length of
    /// the encoded indices; 4 bytes each.
    static constexpr std::uint64_t kHeaderBytes = 16;

    std::size_t num_entries = 0;
    Bytes indices;
    Bytes values;

    [[nodiscard]] MessageSize size() const override {
        return {values.size(), kHeaderBytes + indices.size()};
    }
    static constexpr std::string_view kTypeName = "sparse-message";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

/// Codec and form of sparse messages, on which senders and receivers agree.
struct SparseFormat {
    Codec codec;
    std::size_t width = 1;  ///< floats of one entry

    /// Returns the size of a message with `num_entries` of `length` entries where it follows from
    /// these numbers.
    [[nodiscard]] std::optional<MessageSize> message_size(std::size_t num_entries,
                                                          std::size_t length) const;

    /// Encodes the entries of `vector` at `indices`.
    /// @param vector       [length * width]
    /// @param indices      strictly ascending
    /// @param stream_seed  as in `SharingContext`
    [[nodiscard]] std::shared_ptr<const SparseMessage> encode(
        std::span<const float> vector,
        std::span<const std::uint32_t> indices,
        std::uint64_t stream_seed) const;

    /// Returns the entries of a message about a vector of `length` entries.
    /// @param from  its sender, for messages
    /// @throws std::invalid_argument  on a message about a vector of another length
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t length,
                                   std::uint32_t from) const;
};

}  // namespace murmur
