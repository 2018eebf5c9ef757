#include "learning/sharing/full.h"

#include "learning/sharing/codec_choice.h"
#include "learning/sharing/strategies.h"

namespace murmur {

Parameters FullSharing::merge(SharingState& /*state*/,
                              const Parameters& trained,
                              double self_weight,
                              std::span<const WeightedMessage> neighbors) const {
    return weighted_sum(*trained, self_weight, neighbors, [](const WeightedMessage& neighbor) {
        return neighbor.weight;
    });
}

void register_full(StrategyRegistry& registry) {
    registry.add({"full", "whole models, merged with the mixing weights"},
                 [](const Options&, std::string_view codec) {
                     return std::make_unique<FullSharing>(choose_value_codec("full", codec));
                 });
}

}  // namespace murmur
