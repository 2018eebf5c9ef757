#include "learning/sharing/strategies.h"
#include "learning/sharing/whole_model.h"

namespace murmur {
namespace {

/// x_i <- w_ii x_i + sum_j w_ij x_j with the overlay's mixing weights [Lian et al., 2017, Can
/// Decentralized Algorithms Outperform Centralized Algorithms?, Algorithm 1].
class FullSharing final : public WholeModelSharing {
  public:
    [[nodiscard]] Parameters merge(SharingState& /*state*/,
                                   const Parameters& trained,
                                   double self_weight,
                                   std::span<const WeightedMessage> neighbors) const override {
        return weighted_sum(*trained, self_weight, neighbors, [](const WeightedMessage& neighbor) {
            return neighbor.weight;
        });
    }
};

}  // namespace

std::unique_ptr<const Sharing> make_full_sharing(const Spec& spec) {
    require_no_sharing_argument(spec);
    return std::make_unique<FullSharing>();
}

}  // namespace murmur
