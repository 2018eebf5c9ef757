#pragma once

#include "learning/encoder.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {

/// How coordinates that are not trained reach the neighbors.
enum class Travel : std::uint8_t {
    kEncoded,  ///< as any other: part of the vector that is encoded
    kWhole,    ///< float32 beside what is encoded, merged as that is
    kLocal,    ///< not at all: every node keeps its own
};

/// Reads `encoded`, `whole` or `local`.
/// @param where  what the word was given for, for messages: "--buffers"
/// @throws std::invalid_argument  on any other word
[[nodiscard]] Travel parse_travel(std::string_view where, std::string_view word);

/// What becomes of the coordinates that are not trained.
struct PartOptions {
    Travel buffers = Travel::kWhole;
    Travel frozen = Travel::kWhole;
};

/// Which values of a model are encoded, which travel whole beside them, and which stay.
///
/// So a running variance is never a coefficient that top-k, a wavelet or a random rounding may
/// push below zero: a mean of variances is one.
class ModelParts {
  public:
    /// All of a model is encoded, whatever its length.
    ModelParts() = default;
    ModelParts(const ParameterLayout& layout, const PartOptions& options);

    /// Returns whether there is anything beside what is encoded.
    [[nodiscard]] bool has_parts() const { return encoded_.size < size_; }
    [[nodiscard]] std::size_t num_encoded() const { return encoded_.size; }
    [[nodiscard]] std::size_t num_whole() const { return whole_.size; }
    /// Returns the layout of the encoded part.
    [[nodiscard]] const ParameterLayout& encoded_layout() const { return encoded_layout_; }

    /// Returns one part of a model, its values in the order of the layout.
    /// @throws std::invalid_argument  on a model of another length than the layout
    [[nodiscard]] Parameters encoded_of(const Parameters& model) const;
    [[nodiscard]] Parameters whole_of(const Parameters& model) const;
    /// Returns `model` with other values in both parts.
    [[nodiscard]] Parameters replaced(const Parameters& model,
                                      const Parameters& encoded,
                                      const Parameters& whole) const;
    /// @throws std::invalid_argument  on a model of another length than the layout
    void require_length(std::size_t num_parameters) const;

  private:
    /// Values that lie side by side in the flat vector.
    struct Run {
        std::size_t begin;
        std::size_t size;
    };
    struct Part {
        std::vector<Run> runs;
        std::size_t size = 0;

        void add(std::size_t begin, std::size_t count);
        [[nodiscard]] Parameters gathered(const ParameterVector& model) const;
        void scatter(std::span<const float> part, std::span<float> model) const;
    };

    Part encoded_;
    Part whole_;
    std::size_t size_ = 0;
    ParameterLayout encoded_layout_;
};

/// A message in two parts: what an encoder made of one, and the other as it is.
///
/// Both ends know the layout, so that nothing on the wire tells the parts apart.
struct MessageInParts final : EncodedModel {
    std::shared_ptr<const EncodedModel> encoded;
    Parameters whole;

    [[nodiscard]] MessageSize size() const override {
        MessageSize size = encoded->size();
        size.values += sizeof(float) * whole->size();
        return size;
    }
    [[nodiscard]] std::size_t memory_bytes() const override { return encoded->memory_bytes(); }
    static constexpr std::string_view kTypeName = "message-in-parts";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

}  // namespace murmur
