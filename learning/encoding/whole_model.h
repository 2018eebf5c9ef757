#pragma once

#include "learning/codec.h"
#include "learning/encoder.h"

#include <memory>
#include <optional>
#include <utility>

namespace murmur {

/// On the wire behind the values of a whole model: degree and round of the sender, 4 bytes each.
inline constexpr std::uint64_t kWholeModelMetadataBytes = 8;

/// A whole model as it is.  It holds the sender's own immutable vector: a message costs no memory.
class WholeModel final : public EncodedModel {
  public:
    explicit WholeModel(Parameters parameters) : parameters_(std::move(parameters)) {}

    [[nodiscard]] MessageSize size() const override { return size_of(parameters_->size()); }
    [[nodiscard]] static MessageSize size_of(std::size_t num_parameters) {
        return {sizeof(float) * num_parameters, kWholeModelMetadataBytes};
    }
    [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
    static constexpr std::string_view kTypeName = "whole-model";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
    [[nodiscard]] const Parameters& parameters() const { return parameters_; }

  private:
    Parameters parameters_;
};

/// A whole model as bytes of a value codec.
struct EncodedWholeModel final : EncodedModel {
    std::size_t num_parameters = 0;
    Bytes values;

    [[nodiscard]] MessageSize size() const override {
        return {values.size(), kWholeModelMetadataBytes};
    }
    static constexpr std::string_view kTypeName = "encoded-whole-model";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

/// Sends whole models.
class WholeModelEncoder final : public Encoder {
  public:
    /// @param codec  null for raw values
    explicit WholeModelEncoder(std::shared_ptr<const ValueCodec> codec)
        : codec_(std::move(codec)) {}

    [[nodiscard]] bool sends_exact_values() const override { return codec_ == nullptr; }
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        EncoderState& state,
        const Parameters& trained,
        const SharingContext& context) const override;
    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t from) const override;

  private:
    std::shared_ptr<const ValueCodec> codec_;
};

}  // namespace murmur
