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

std::unique_ptr<const Sharing> make_full_sharing(const Spec& spec, std::string_view codec) {
    require_no_sharing_argument(spec);
    return std::make_unique<FullSharing>(choose_value_codec("full", codec));
}

}  // namespace murmur
