#include "learning/sharing.h"

#include "learning/encoding/encoders.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>
#include <vector>

namespace murmur {
namespace {

/// The aggregator of whoever asks for none.
constexpr std::string_view kDefaultAggregation = "mean";

const MessageInParts& parts_of(const WeightedMessage& neighbor) {
    return dynamic_cast<const MessageInParts&>(*neighbor.message);
}

/// Refuses what an encoder decoded against the rules of views, before an aggregator goes by it.
void require_fit(const ModelView& view, std::size_t size) {
    const auto indices = view.indices();
    const std::size_t end = indices.empty() ? 0 : (indices.back() + std::size_t{1}) * view.width();
    const std::size_t values = view.is_whole() ? size : indices.size() * view.width();
    if (view.values().size() != values || end > size) {
        throw std::logic_error(
            fmt::format("an encoder decoded {} values of entries below {} to a view of {} values",
                        view.values().size(),
                        end,
                        size));
    }
}

/// Returns whether no value is NaN or infinite.
bool is_finite(std::span<const float> values) {
    // By the bits, as signed numbers: what every processor compares several of at once.
    constexpr std::size_t kBlock = 4096;
    for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
        const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
        std::int32_t beyond = 0;
        for (const float value : block) {
            constexpr std::int32_t kMagnitude = 0x7fffffff;
            constexpr std::int32_t kLargest = 0x7f7fffff;
            beyond |= (std::bit_cast<std::int32_t>(value) & kMagnitude) > kLargest ? -1 : 0;
        }
        if (beyond != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

void SharingState::write(ByteSink& sink) const {
    sink.u64(messages_not_finite_);
    encoder_->write(sink);
    for (const AggregatorState* const state : {encoded_.get(), whole_.get()}) {
        if (state != nullptr) {
            state->write(sink);
        }
    }
}

Sharing::Sharing(std::unique_ptr<const Encoder> encoder,
                 std::unique_ptr<const Aggregator> aggregator,
                 ModelParts parts)
    : encoder_(std::move(encoder)),
      merging_(dynamic_cast<const MergingEncoder*>(encoder_.get())),
      aggregator_(std::move(aggregator)),
      testing_(dynamic_cast<const TestingAggregator*>(aggregator_.get())),
      parts_(std::move(parts)) {}

std::unique_ptr<SharingState> Sharing::initial_state(const Parameters& start,
                                                     SharingRole role) const {
    const Parameters encoded = parts_.has_parts() ? parts_.encoded_of(start) : start;
    auto state = std::make_unique<SharingState>();
    state->encoder_ = encoder_->initial_state(encoded, role);
    if (!has_own_merge()) {
        state->encoded_ =
            aggregator_->initial_state(encoder_->to_coordinates(*state->encoder_, encoded));
    }
    if (parts_.num_whole() > 0) {
        state->whole_ = aggregator_->initial_state(parts_.whole_of(start));
    }
    return state;
}

std::unique_ptr<SharingState> Sharing::read_state(ByteSource& source) const {
    auto state = std::make_unique<SharingState>();
    state->messages_not_finite_ = source.u64();
    state->encoder_ = encoder_->read_state(source);
    if (!has_own_merge()) {
        state->encoded_ = aggregator_->read_state(source);
    }
    if (parts_.num_whole() > 0) {
        state->whole_ = aggregator_->read_state(source);
    }
    return state;
}

std::optional<MessageSize> Sharing::message_size(std::size_t num_parameters,
                                                 const SharingContext& context) const {
    if (!parts_.has_parts()) {
        return encoder_->message_size(num_parameters, context);
    }
    parts_.require_length(num_parameters);
    std::optional<MessageSize> size = encoder_->message_size(parts_.num_encoded(), context);
    if (size) {
        size->values += sizeof(float) * parts_.num_whole();
    }
    return size;
}

std::shared_ptr<const EncodedModel> Sharing::encode(SharingState& state,
                                                    const Parameters& trained,
                                                    const SharingContext& context) const {
    if (!parts_.has_parts()) {
        return encoder_->encode(*state.encoder_, trained, context);
    }
    auto message = std::make_shared<MessageInParts>();
    message->encoded = encoder_->encode(*state.encoder_, parts_.encoded_of(trained), context);
    message->whole = parts_.whole_of(trained);
    return message;
}

Parameters Sharing::merge(SharingState& state,
                          const Parameters& trained,
                          double self_weight,
                          std::span<const WeightedMessage> neighbors,
                          const LossOf& loss_of) const {
    if (!parts_.has_parts()) {
        return merge_encoded(state, trained, self_weight, neighbors, loss_of);
    }
    std::vector<WeightedMessage> finite;
    std::vector<WeightedMessage> encoded;
    for (const WeightedMessage& neighbor : neighbors) {
        const MessageInParts& parts = parts_of(neighbor);
        if (is_finite(parts.whole->values())) {
            finite.push_back(neighbor);
            encoded.push_back({neighbor.from, neighbor.weight, parts.encoded});
        } else {
            ++state.messages_not_finite_;
            self_weight += neighbor.weight;
        }
    }
    const Parameters whole = merge_whole(state, parts_.whole_of(trained), self_weight, finite);
    const Parameters merged = merge_encoded(
        state, parts_.encoded_of(trained), self_weight, encoded, [&](const Parameters& part) {
            return loss_of(parts_.replaced(trained, part, whole));
        });
    return parts_.replaced(trained, merged, whole);
}

Parameters Sharing::merge_encoded(SharingState& state,
                                  const Parameters& trained,
                                  double self_weight,
                                  std::span<const WeightedMessage> neighbors,
                                  const LossOf& loss_of) const {
    if (has_own_merge()) {
        return merging_->merge(*state.encoder_, trained, self_weight, neighbors);
    }
    const Parameters own = encoder_->to_coordinates(*state.encoder_, trained);
    std::vector<WeightedView> views;
    views.reserve(neighbors.size());
    for (const auto& [from, weight, message] : neighbors) {
        ModelView view = encoder_->decode(*message, own->size(), from);
        require_fit(view, own->size());
        if (is_finite(view.values())) {
            views.push_back({from, weight, std::move(view)});
        } else {
            ++state.messages_not_finite_;
            self_weight += weight;
        }
    }
    const Parameters merged = aggregated(*state.encoded_, own, self_weight, views, loss_of);
    return encoder_->from_coordinates(*state.encoder_, merged, trained->size());
}

Parameters Sharing::aggregated(AggregatorState& state,
                               const Parameters& own,
                               double self_weight,
                               std::span<const WeightedView> views,
                               const LossOf& loss_of) const {
    Parameters merged = testing_ != nullptr
                            ? testing_->aggregate_tested(state, own, views, loss_of)
                            : aggregator_->aggregate(state, own, self_weight, views);
    // What an aggregator made against its rules.
    if (!merged || merged->size() != own->size()) {
        throw std::logic_error(fmt::format("an aggregator made {} values of vectors of {}",
                                           merged ? merged->size() : 0,
                                           own->size()));
    }
    return merged;
}

Parameters Sharing::merge_whole(SharingState& state,
                                const Parameters& trained,
                                double self_weight,
                                std::span<const WeightedMessage> neighbors) const {
    std::vector<WeightedView> views;
    for (const WeightedMessage& neighbor : neighbors) {
        const Parameters& whole = parts_of(neighbor).whole;
        if (whole->size() != trained->size()) {
            throw std::invalid_argument(fmt::format(
                "sharing: the model of node {} has another length, got {} values that travel "
                "whole, allowed {}",
                neighbor.from,
                whole->size(),
                trained->size()));
        }
        views.push_back({neighbor.from, neighbor.weight, ModelView(whole)});
    }
    return state.whole_ ? aggregated(*state.whole_, trained, self_weight, views, {}) : trained;
}

std::string resolve_aggregation(std::string_view sharing, std::string_view aggregation) {
    const auto chosen = encoders().select(sharing);
    const std::string& stands_for = chosen.make.aggregation;
    if (stands_for.empty()) {
        return std::string(aggregation);
    }
    if (aggregation != kDefaultAggregation && aggregation != stands_for) {
        throw std::invalid_argument(
            fmt::format("aggregation: --sharing={} stands for {}, got '{}', allowed {}",
                        chosen.text.name,
                        stands_for,
                        aggregation,
                        stands_for));
    }
    return stands_for;
}

std::unique_ptr<const Sharing> make_sharing(const SharingOptions& options,
                                            const ParameterLayout& layout) {
    auto aggregator = make_aggregator(resolve_aggregation(options.sharing, options.aggregation));
    const auto encoder_of = [&](const ModelParts& parts) {
        return make_encoder(options.sharing, options.codec, parts.encoded_layout());
    };
    ModelParts parts(layout, options.parts);
    auto encoder = encoder_of(parts);
    if (encoder->sends_exact_values() && parts.num_whole() > 0) {
        // Exact values are whole already, and cost no copy.
        const auto encoded = [](Travel travel) {
            return travel == Travel::kWhole ? Travel::kEncoded : travel;
        };
        parts = ModelParts(
            layout,
            {.buffers = encoded(options.parts.buffers), .frozen = encoded(options.parts.frozen)});
        encoder = encoder_of(parts);
    }
    auto sharing = std::make_unique<const Sharing>(
        std::move(encoder), std::move(aggregator), std::move(parts));
    if (sharing->testing() != nullptr && !sharing->encoder().sends_exact_values()) {
        throw std::invalid_argument(
            fmt::format("aggregation: {} tests whole models, got --sharing={}{}{}, allowed full "
                        "without a codec",
                        parse_spec(options.aggregation).name,
                        options.sharing,
                        options.codec.empty() ? "" : " --codec=",
                        options.codec));
    }
    if (sharing->has_own_merge() && options.aggregation != kDefaultAggregation) {
        throw std::invalid_argument(
            fmt::format("aggregation: {} merges by an algorithm of its own, got '{}', allowed {}",
                        parse_spec(options.sharing).name,
                        options.aggregation,
                        kDefaultAggregation));
    }
    return sharing;
}

std::unique_ptr<const Sharing> make_sharing(std::string_view sharing,
                                            std::string_view codec,
                                            std::string_view aggregation) {
    return make_sharing({.sharing = std::string(sharing),
                         .codec = std::string(codec),
                         .aggregation = std::string(aggregation)});
}

}  // namespace murmur
