#pragma once

#include "learning/sharing.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace murmur {

/// A whole model as it is.  It holds the sender's own immutable vector: a message costs no memory.
class WholeModel final : public EncodedModel {
  public:
    /// On the wire behind the values: degree and round of the sender, 4 bytes each.
    static constexpr std::uint64_t kMetadataBytes = 8;

    explicit WholeModel(Parameters parameters) : parameters_(std::move(parameters)) {}

    [[nodiscard]] MessageSize size() const override {
        return {sizeof(float) * parameters_->size(), kMetadataBytes};
    }
    [[nodiscard]] std::span<const float> values() const { return parameters_->values(); }

  private:
    Parameters parameters_;
};

/// What the strategies that send whole models have in common: all but the merge.
class WholeModelSharing : public Sharing {
  public:
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters) const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        SharingState& state,
        const Parameters& trained,
        const SharingContext& context) const override;
};

/// Returns self_weight x + sum_j weight_of(j) x_j, summed in the order of `neighbors`.
/// @throws std::invalid_argument  where a neighbor's model has another length
[[nodiscard]] Parameters weighted_sum(
    const ParameterVector& own,
    double self_weight,
    std::span<const WeightedMessage> neighbors,
    const std::function<double(const WeightedMessage&)>& weight_of);

}  // namespace murmur
