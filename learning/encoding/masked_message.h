#pragma once

#include "learning/codec.h"
#include "learning/encoder.h"

#include <cstdint>

namespace murmur {

/// The entries of a model that a random mask keeps; the mask's seed stands for their indices.
struct MaskedMessage final : EncodedModel {
    /// On the wire before the values: degree and round of the sender in 4 bytes each, the seed
    /// in 8.
    static constexpr std::uint64_t kMetadataBytes = 16;

    std::uint64_t seed = 0;
    Bytes values;

    [[nodiscard]] MessageSize size() const override { return {values.size(), kMetadataBytes}; }
    static constexpr std::string_view kTypeName = "masked-message";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

}  // namespace murmur
