#include "learning/random_stream.h"
#include "learning/sharing/codec_choice.h"
#include "learning/sharing/masked_message.h"
#include "learning/sharing/strategies.h"
#include "learning/sharing/torch_mask.h"

#include <algorithm>
#include <vector>

namespace murmur {
namespace {

/// Sends a random subset M of the parameters, each kept with probability alpha, and the seed that
/// tells which; the receiver puts its own in place of the others [Konecny et al., 2016, Federated
/// Learning: Strategies for Improving Communication Efficiency, "random mask"]:
///
///     x_i <- x_i + sum_j w_ij 1_{M_j} (x_j - x_i)
class RandomSharing final : public Sharing {
  public:
    RandomSharing(double alpha, std::shared_ptr<const ValueCodec> codec)
        : alpha_(alpha), codec_(std::move(codec)) {}

    // The seed tells how many entries its mask keeps.
    [[nodiscard]] std::optional<MessageSize> message_size(
        std::size_t num_parameters, const SharingContext& context) const override {
        if (!codec_->encoded_bytes(1)) {
            return std::nullopt;  // before a mask is drawn in vain
        }
        const std::size_t kept = torch_mask(context.stream_seed, num_parameters, alpha_).size();
        return MessageSize{*codec_->encoded_bytes(kept), MaskedMessage::kMetadataBytes};
    }

    [[nodiscard]] std::shared_ptr<const EncodedModel> encode(
        SharingState& /*state*/,
        const Parameters& trained,
        const SharingContext& context) const override {
        const std::span<const float> x = trained->values();
        std::vector<float> kept;
        for (const std::uint32_t index : torch_mask(context.stream_seed, x.size(), alpha_)) {
            kept.push_back(x[index]);
        }
        auto message = std::make_shared<MaskedMessage>();
        message->seed = context.stream_seed;
        message->values = codec_->encode(kept, stream_seed(context.stream_seed, "codec"));
        return message;
    }

    [[nodiscard]] Parameters merge(SharingState& /*state*/,
                                   const Parameters& trained,
                                   double /*self_weight*/,
                                   std::span<const WeightedMessage> neighbors) const override {
        const std::span<const float> x = trained->values();
        auto merged = std::make_shared<ParameterVector>(x.size());
        const std::span<float> sum = merged->values();
        std::ranges::copy(x, sum.begin());
        for (const WeightedMessage& neighbor : neighbors) {
            const auto& message = dynamic_cast<const MaskedMessage&>(*neighbor.message);
            const auto mask = torch_mask(message.seed, x.size(), alpha_);
            std::vector<float> values(mask.size());
            codec_->decode(message.values, values);
            const auto weight = static_cast<float>(neighbor.weight);
            for (std::size_t i = 0; i < mask.size(); ++i) {
                sum[mask[i]] += weight * (values[i] - x[mask[i]]);
            }
        }
        return merged;
    }

  private:
    double alpha_;
    std::shared_ptr<const ValueCodec> codec_;
};

}  // namespace

void register_random(StrategyRegistry& registry) {
    registry.add({"random", "a random subset, and the seed that tells which", {alpha_option()}},
                 [](const Options& options, std::string_view codec) {
                     const auto chosen = choose_value_codec("random", codec);
                     return std::make_unique<RandomSharing>(
                         options.fraction("alpha"), chosen ? chosen : make_codec("raw").values);
                 });
}

}  // namespace murmur
