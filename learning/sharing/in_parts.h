#pragma once

#include "learning/parameter_layout.h"
#include "learning/sharing.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace murmur {

/// A message in two parts: what a strategy made of one, and the other as it is.
///
/// Both ends know the layout, so that nothing on the wire tells the parts apart.
struct MessageInParts final : EncodedModel {
    std::shared_ptr<const EncodedModel> encoded;
    std::vector<float> whole;

    [[nodiscard]] MessageSize size() const override {
        MessageSize size = encoded->size();
        size.values += sizeof(float) * whole.size();
        return size;
    }
    [[nodiscard]] std::size_t memory_bytes() const override {
        return encoded->memory_bytes() + sizeof(float) * whole.size();
    }
    static constexpr std::string_view kTypeName = "message-in-parts";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
};

/// Leaves some coordinates of a model out of what a strategy encodes: they travel whole, merged
/// with the same weights as full models are, or not at all.
///
/// So a running variance is never a coefficient that top-k, a wavelet or a random rounding may
/// push below zero: a mean of variances is one.
class SharingInParts final : public Sharing {
  public:
    /// @param inner  sees the vector of the encoded coordinates alone, in the order of the layout
    SharingInParts(std::unique_ptr<const Sharing> inner,
                   const ParameterLayout& layout,
                   const PartOptions& parts);

    [[nodiscard]] bool needs_static_overlay() const override {
        return inner_->needs_static_overlay();
    }
    [[nodiscard]] bool needs_server() const override { return inner_->needs_server(); }
    [[nodiscard]] bool uses_weights() const override { return inner_->uses_weights(); }

    [[nodiscard]] std::unique_ptr<SharingState> initial_state(const Parameters& start,
                                                              SharingRole role) const override;
    [[nodiscard]] std::unique_ptr<SharingState> read_state(ByteSource& source) const override;
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override;
    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        SharingState& state,
        const Parameters& trained,
        const SharingContext& context) const override;
    [[nodiscard]] Parameters merge(SharingState& state,
                                   const Parameters& trained,
                                   double self_weight,
                                   std::span<const WeightedMessage> neighbors) const override;

  private:
    /// Coordinates that lie side by side in the flat vector.
    struct Run {
        std::size_t begin;
        std::size_t size;
    };
    /// One part of the vector.
    struct Part {
        std::vector<Run> runs;
        std::size_t size = 0;

        void add(std::size_t begin, std::size_t count);
        void gather(std::span<const float> model, std::span<float> part) const;
        void scatter(std::span<const float> part, std::span<float> model) const;
    };

    void require_length(std::size_t got) const;
    [[nodiscard]] Parameters encoded_of(const Parameters& model) const;
    [[nodiscard]] std::vector<float> whole_of(const Parameters& model) const;

    std::unique_ptr<const Sharing> inner_;
    std::size_t size_ = 0;
    Part encoded_;
    Part whole_;
};

}  // namespace murmur
