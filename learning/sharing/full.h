#pragma once

#include "learning/sharing/whole_model.h"

namespace murmur {

/// x_i <- w_ii x_i + sum_j w_ij x_j with the overlay's mixing weights [Lian et al., 2017, Can
/// Decentralized Algorithms Outperform Centralized Algorithms?, Algorithm 1].
class FullSharing final : public WholeModelSharing {
  public:
    using WholeModelSharing::WholeModelSharing;

    [[nodiscard]] Parameters merge(SharingState& state,
                                   const Parameters& trained,
                                   double self_weight,
                                   std::span<const WeightedMessage> neighbors) const override;
};

}  // namespace murmur
