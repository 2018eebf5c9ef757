#pragma once

#include "learning/codec.h"
#include "learning/sharing.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace murmur {

/// On the wire behind the values of a whole model: degree and round of the sender, 4 bytes each.
inline constexpr std::uint64_t kWholeModelMetadataBytes = 8;

/// A whole model as it is.  It holds the sender's own immutable vector: a message costs no memory.
class WholeModel final : public EncodedModel {
  public:
    explicit WholeModel(Parameters parameters) : parameters_(std::move(parameters)) {}

    [[nodiscard]] MessageSize size() const override {
        return {sizeof(float) * parameters_->size(), kWholeModelMetadataBytes};
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

/// What the strategies that send whole models have in common: all but the merge.
class WholeModelSharing : public Sharing {
  public:
    /// @param codec  null for raw values
    explicit WholeModelSharing(std::shared_ptr<const ValueCodec> codec)
        : codec_(std::move(codec)) {}

    [[nodiscard]] bool sends_exact_values() const override { return codec_ == nullptr; }
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        SharingState& state,
        const Parameters& trained,
        const SharingContext& context) const override;

  protected:
    /// Returns self_weight x + sum_j weight_of(j) x_j, summed in the order of `neighbors`.
    /// @throws std::invalid_argument  where a neighbor's model has another length
    [[nodiscard]] Parameters weighted_sum(
        const ParameterVector& own,
        double self_weight,
        std::span<const WeightedMessage> neighbors,
        const std::function<double(const WeightedMessage&)>& weight_of) const;

  private:
    [[nodiscard]] Parameters decode(const WeightedMessage& neighbor, std::size_t length) const;

    std::shared_ptr<const ValueCodec> codec_;
};

}  // namespace murmur
