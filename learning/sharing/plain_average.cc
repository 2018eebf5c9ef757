#include "learning/sharing/codec_choice.h"
#include "learning/sharing/strategies.h"
#include "learning/sharing/whole_model.h"

namespace murmur {
namespace {

/// x_i <- (x_i + sum_j x_j) / (d_i + 1), whatever the overlay's mixing weights are.
class PlainAverageSharing final : public WholeModelSharing {
  public:
    using WholeModelSharing::WholeModelSharing;

    [[nodiscard]] bool uses_weights() const override { return false; }
    [[nodiscard]] Parameters merge(SharingState& /*state*/,
                                   const Parameters& trained,
                                   double /*self_weight*/,
                                   std::span<const WeightedMessage> neighbors) const override {
        const double weight = 1.0 / static_cast<double>(neighbors.size() + 1);
        return weighted_sum(
            *trained, weight, neighbors, [&](const WeightedMessage&) { return weight; });
    }
};

}  // namespace

void register_plain_average(StrategyRegistry& registry) {
    registry.add({"plain-average", "whole models, merged with equal weights"},
                 [](const Options&, std::string_view codec) {
                     return std::make_unique<PlainAverageSharing>(
                         choose_value_codec("plain-average", codec));
                 });
}

}  // namespace murmur
