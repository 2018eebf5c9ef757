#include "learning/sharing/in_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

struct StateInParts final : SharingState {
    std::unique_ptr<SharingState> inner;

    void write(ByteSink& sink) const override { inner->write(sink); }
};

SharingState& inner_state(SharingState& state) {
    return *dynamic_cast<StateInParts&>(state).inner;
}

Travel travel_of(const ParameterBlock& block, const PartOptions& parts) {
    if (block.is_buffer) {
        return parts.buffers;
    }
    return block.is_trained ? Travel::kEncoded : parts.frozen;
}

const MessageInParts& parts_of(const WeightedMessage& neighbor) {
    return dynamic_cast<const MessageInParts&>(*neighbor.message);
}

}  // namespace

void SharingInParts::Part::add(std::size_t begin, std::size_t count) {
    if (count == 0) {
        return;
    }
    if (!runs.empty() && runs.back().begin + runs.back().size == begin) {
        runs.back().size += count;
    } else {
        runs.push_back({begin, count});
    }
    size += count;
}

void SharingInParts::Part::gather(std::span<const float> model, std::span<float> part) const {
    auto to = part.begin();
    for (const Run& run : runs) {
        to = std::ranges::copy(model.subspan(run.begin, run.size), to).out;
    }
}

void SharingInParts::Part::scatter(std::span<const float> part, std::span<float> model) const {
    for (const Run& run : runs) {
        std::ranges::copy(part.first(run.size), model.subspan(run.begin).begin());
        part = part.subspan(run.size);
    }
}

SharingInParts::SharingInParts(std::unique_ptr<const Sharing> inner,
                               const ParameterLayout& layout,
                               const PartOptions& parts)
    : inner_(std::move(inner)) {
    for (const ParameterBlock& block : layout) {
        switch (travel_of(block, parts)) {
            case Travel::kEncoded:
                encoded_.add(size_, block.size());
                break;
            case Travel::kWhole:
                whole_.add(size_, block.size());
                break;
            case Travel::kLocal:
                break;
        }
        size_ += block.size();
    }
}

void SharingInParts::require_length(std::size_t got) const {
    if (got != size_) {
        throw std::invalid_argument(fmt::format(
            "sharing: a model of another length than its layout, got {}, allowed {}", got, size_));
    }
}

Parameters SharingInParts::encoded_of(const Parameters& model) const {
    require_length(model->size());
    auto part = std::make_shared<ParameterVector>(encoded_.size);
    encoded_.gather(model->values(), part->values());
    return part;
}

std::vector<float> SharingInParts::whole_of(const Parameters& model) const {
    std::vector<float> part(whole_.size);
    whole_.gather(model->values(), part);
    return part;
}

std::unique_ptr<SharingState> SharingInParts::initial_state(const Parameters& start,
                                                            SharingRole role) const {
    auto state = std::make_unique<StateInParts>();
    state->inner = inner_->initial_state(encoded_of(start), role);
    return state;
}

std::unique_ptr<SharingState> SharingInParts::read_state(ByteSource& source) const {
    auto state = std::make_unique<StateInParts>();
    state->inner = inner_->read_state(source);
    return state;
}

std::optional<MessageSize> SharingInParts::message_size(std::size_t num_parameters,
                                                        const SharingContext& context) const {
    require_length(num_parameters);
    std::optional<MessageSize> size = inner_->message_size(encoded_.size, context);
    if (size) {
        size->values += sizeof(float) * whole_.size;
    }
    return size;
}

std::shared_ptr<const EncodedModel> SharingInParts::encode(SharingState& state,
                                                           const Parameters& trained,
                                                           const SharingContext& context) const {
    auto message = std::make_shared<MessageInParts>();
    message->encoded = inner_->encode(inner_state(state), encoded_of(trained), context);
    message->whole = whole_of(trained);
    return message;
}

Parameters SharingInParts::merge(SharingState& state,
                                 const Parameters& trained,
                                 double self_weight,
                                 std::span<const WeightedMessage> neighbors) const {
    std::vector<WeightedMessage> encoded;
    for (const WeightedMessage& neighbor : neighbors) {
        const MessageInParts& message = parts_of(neighbor);
        if (message.whole.size() != whole_.size) {
            throw std::invalid_argument(fmt::format(
                "sharing: the model of node {} has another length, got {} values that travel "
                "whole, allowed {}",
                neighbor.from,
                message.whole.size(),
                whole_.size));
        }
        encoded.push_back({neighbor.from, neighbor.weight, message.encoded});
    }
    const Parameters merged_part =
        inner_->merge(inner_state(state), encoded_of(trained), self_weight, encoded);

    const double equal = 1.0 / static_cast<double>(neighbors.size() + 1);
    const bool weighs = inner_->uses_weights();
    std::vector<float> sum = whole_of(trained);
    const auto own = static_cast<float>(weighs ? self_weight : equal);
    std::ranges::transform(sum, sum.begin(), [own](float value) { return own * value; });
    for (const WeightedMessage& neighbor : neighbors) {
        const auto weight = static_cast<float>(weighs ? neighbor.weight : equal);
        const std::vector<float>& whole = parts_of(neighbor).whole;
        for (std::size_t i = 0; i < sum.size(); ++i) {
            sum[i] += weight * whole[i];
        }
    }
    auto merged = std::make_shared<ParameterVector>(size_);
    std::ranges::copy(trained->values(), merged->values().begin());
    encoded_.scatter(merged_part->values(), merged->values());
    whole_.scatter(sum, merged->values());
    return merged;
}

}  // namespace murmur
