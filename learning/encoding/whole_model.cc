#include "learning/encoding/whole_model.h"

#include "learning/random_stream.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {
std::optional<MessageSize> WholeModelEncoder::message_size(
    std::size_t num_parameters, const SharingContext& /*context*/) const {
    const auto values =
        codec_ ? codec_->encoded_bytes(num_parameters) : sizeof(float) * num_parameters;
    if (!values) {
        return std::nullopt;
    }
    return MessageSize{*values, kWholeModelMetadataBytes};
}

std::shared_ptr<const EncodedModel> WholeModelEncoder::encode(EncoderState& /*state*/,
                                                              const Parameters& trained,
                                                              const SharingContext& context) const {
    if (!codec_) {
        return std::make_shared<WholeModel>(trained);
    }
    auto message = std::make_shared<EncodedWholeModel>();
    message->num_parameters = trained->size();
    message->values = codec_->encode(trained->values(), stream_seed(context.stream_seed, "codec"));
    return message;
}

ModelView WholeModelEncoder::decode(const EncodedModel& message,
                                    std::size_t num_coordinates,
                                    std::uint32_t from) const {
    const auto require_length = [&](std::size_t got) {
        if (got != num_coordinates) {
            throw std::invalid_argument(
                fmt::format("sharing: the model of node {} has another length, got {}, allowed {}",
                            from,
                            got,
                            num_coordinates));
        }
    };
    if (!codec_) {
        const Parameters& model = dynamic_cast<const WholeModel&>(message).parameters();
        require_length(model->size());
        return ModelView(model);
    }
    const auto& encoded = dynamic_cast<const EncodedWholeModel&>(message);
    // Before there is room for as many values as the message claims to hold.
    require_length(encoded.num_parameters);
    auto decoded = std::make_shared<ParameterVector>(encoded.num_parameters);
    codec_->decode(encoded.values, decoded->values());
    return ModelView(decoded);
}

}  // namespace murmur
