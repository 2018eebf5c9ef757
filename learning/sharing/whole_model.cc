#include "learning/sharing/whole_model.h"

#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

struct Term {
    const float* values;
    float weight;
};

/// Writes the weighted sum of all terms, `size` values each.
void sum_terms(std::span<const Term> terms, std::size_t size, float* sum) {
    // Block by block, so that the running sum stays in the first cache level and every vector is
    // read once.  Each value is still summed in the order of the terms.
    constexpr std::size_t kBlock = 2048;
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t end = std::min(begin + kBlock, size);
        for (std::size_t i = begin; i < end; ++i) {
            sum[i] = terms[0].weight * terms[0].values[i];
        }
        for (const Term& term : terms.subspan(1)) {
            for (std::size_t i = begin; i < end; ++i) {
                sum[i] += term.weight * term.values[i];
            }
        }
    }
}

}  // namespace

std::optional<MessageSize> WholeModelSharing::message_size(
    std::size_t num_parameters, const SharingContext& /*context*/) const {
    const auto values =
        codec_ ? codec_->encoded_bytes(num_parameters) : sizeof(float) * num_parameters;
    if (!values) {
        return std::nullopt;
    }
    return MessageSize{*values, kWholeModelMetadataBytes};
}

std::shared_ptr<const EncodedModel> WholeModelSharing::encode(SharingState& /*state*/,
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

Parameters WholeModelSharing::decode(const WeightedMessage& neighbor, std::size_t length) const {
    const auto require_length = [&](std::size_t got) {
        if (got != length) {
            throw std::invalid_argument(
                fmt::format("sharing: the model of node {} has another length, got {}, allowed {}",
                            neighbor.from,
                            got,
                            length));
        }
    };
    if (!codec_) {
        const Parameters& model = dynamic_cast<const WholeModel&>(*neighbor.message).parameters();
        require_length(model->size());
        return model;
    }
    const auto& encoded = dynamic_cast<const EncodedWholeModel&>(*neighbor.message);
    // Before there is room for as many values as the message claims to hold.
    require_length(encoded.num_parameters);
    auto decoded = std::make_shared<ParameterVector>(encoded.num_parameters);
    codec_->decode(encoded.values, decoded->values());
    return decoded;
}

Parameters WholeModelSharing::weighted_sum(
    const ParameterVector& own,
    double self_weight,
    std::span<const WeightedMessage> neighbors,
    const std::function<double(const WeightedMessage&)>& weight_of) const {
    std::vector<Parameters> models;
    std::vector<Term> terms{{own.values().data(), static_cast<float>(self_weight)}};
    for (const WeightedMessage& neighbor : neighbors) {
        const Parameters& model = models.emplace_back(decode(neighbor, own.size()));
        terms.push_back({model->values().data(), static_cast<float>(weight_of(neighbor))});
    }
    auto merged = std::make_shared<ParameterVector>(own.size());
    sum_terms(terms, own.size(), merged->values().data());
    return merged;
}

}  // namespace murmur
