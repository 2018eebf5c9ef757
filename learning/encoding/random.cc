#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "learning/encoding/masked_message.h"
#include "learning/encoding/torch_mask.h"
#include "learning/random_stream.h"

#include <utility>
#include <vector>

namespace murmur {
namespace {

/// Sends a random subset M of the parameters, each kept with probability alpha, and the seed that
/// tells which [Konecny et al., 2016, Federated Learning: Strategies for Improving Communication
/// Efficiency, "random mask"].
class RandomEncoder final : public Encoder {
  public:
    RandomEncoder(double alpha, std::shared_ptr<const ValueCodec> codec)
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
        EncoderState& /*state*/,
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

    [[nodiscard]] ModelView decode(const EncodedModel& message,
                                   std::size_t num_coordinates,
                                   std::uint32_t /*from*/) const override {
        const auto& masked = dynamic_cast<const MaskedMessage&>(message);
        auto mask = torch_mask(masked.seed, num_coordinates, alpha_);
        std::vector<float> values(mask.size());
        codec_->decode(masked.values, values);
        return {std::move(mask), std::move(values)};
    }

  private:
    double alpha_;
    std::shared_ptr<const ValueCodec> codec_;
};

}  // namespace

void register_random(EncoderRegistry& registry) {
    registry.add({"random", "a random subset, and the seed that tells which", {alpha_option()}},
                 {[](const Options& options, std::string_view codec, const ParameterLayout&) {
                     const auto chosen = choose_value_codec("random", codec);
                     return std::make_unique<RandomEncoder>(
                         options.fraction("alpha"), chosen ? chosen : make_codec("raw").values);
                 }});
}

}  // namespace murmur
