// An encoder of one's own: every `parts`-th parameter, others in the next round.
//
//     round r sends x_i for all i with i mod parts = r mod parts

#include "learning/encoding/codec_choice.h"
#include "learning/encoding/encoders.h"
#include "parts.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

struct EveryOtherMessage final : murmur::EncodedModel {
    std::size_t first = 0;  ///< index of the first value, 4 bytes on the wire
    murmur::Bytes values;

    [[nodiscard]] murmur::MessageSize size() const override { return {values.size(), 4}; }
};

class EveryOther final : public murmur::Encoder {
  public:
    EveryOther(std::size_t parts, std::shared_ptr<const murmur::ValueCodec> codec)
        : parts_(parts), codec_(std::move(codec)) {}

    [[nodiscard]] std::optional<murmur::MessageSize> message_size(
        std::size_t num_parameters, const murmur::SharingContext& context) const override {
        const auto bytes =
            codec_->encoded_bytes(indices(context.round % parts_, num_parameters).size());
        return bytes ? std::optional(murmur::MessageSize{*bytes, 4}) : std::nullopt;
    }

    [[nodiscard]] std::shared_ptr<const murmur::EncodedModel> encode(
        murmur::EncoderState& /*none*/,
        const murmur::Parameters& trained,
        const murmur::SharingContext& context) const override {
        auto message = std::make_shared<EveryOtherMessage>();
        message->first = context.round % parts_;
        std::vector<float> values;
        for (const std::uint32_t i : indices(message->first, trained->size())) {
            values.push_back(trained->values()[i]);
        }
        message->values = codec_->encode(values, context.stream_seed);
        return message;
    }

    [[nodiscard]] murmur::ModelView decode(const murmur::EncodedModel& message,
                                           std::size_t num_coordinates,
                                           std::uint32_t /*from*/) const override {
        const auto& sent = dynamic_cast<const EveryOtherMessage&>(message);
        auto places = indices(sent.first, num_coordinates);
        std::vector<float> values(places.size());
        codec_->decode(sent.values, values);
        return {std::move(places), std::move(values)};
    }

  private:
    [[nodiscard]] std::vector<std::uint32_t> indices(std::size_t first, std::size_t size) const {
        std::vector<std::uint32_t> places;
        for (std::size_t i = first; i < size; i += parts_) {
            places.push_back(static_cast<std::uint32_t>(i));
        }
        return places;
    }

    std::size_t parts_;
    std::shared_ptr<const murmur::ValueCodec> codec_;
};

}  // namespace

void register_every_other() {
    murmur::encoders().add(
        {"every-other",
         "a part of the parameters each round, in turn",
         {murmur::named("parts", "2", "how many rounds all of them take, 1 to 1000")}},
        {[](const murmur::Options& options, std::string_view codec, const murmur::ParameterLayout&) {
            const auto chosen = murmur::choose_value_codec("every-other", codec);
            return std::make_unique<EveryOther>(
                static_cast<std::size_t>(options.integer("parts", {1, 1000})),
                chosen ? chosen : murmur::make_codec("raw").values);
        }});
}
