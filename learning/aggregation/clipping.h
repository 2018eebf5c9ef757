#pragma once

#include "learning/aggregator.h"
#include "tools/text/spec.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

// What the rules that pivot on a node's own vector have in common.  Each neighbor j pulls the node
// towards its vector, with its weight, and a rule says how much of the pull counts:
//
//     x' = (sum of all weights) x + sum_j w_j factor_j (x_j - x)
//
// With all factors 1 that is the weighted mean, to the bit of the aggregator `mean`.

/// Returns x', as above.
/// @param factors  [neighbors]
[[nodiscard]] Parameters pulled(const Parameters& own,
                                double self_weight,
                                std::span<const WeightedView> neighbors,
                                std::span<const double> factors);

/// Returns, of each distance, min(1, tau / distance), times `scale`: the factors of clipping.
/// @param squares  squared distances, [neighbors]
[[nodiscard]] std::vector<double> clipping_factors(std::span<const double> squares,
                                                   double tau,
                                                   double scale = 1);

/// A node's own weight, and its neighbors' weights and squared distances.
struct Pulls {
    double self_weight = 0;
    std::vector<double> weights;  ///< [neighbors]
    std::vector<double> squares;  ///< [neighbors]
};
[[nodiscard]] Pulls pulls_of(const ParameterVector& own,
                             double self_weight,
                             std::span<const WeightedView> neighbors);

// Lengths to which differences are clipped.  Cumulative weights are compared in whole units of
// 2^-40, and within one unit a neighbor: in floating point three weights of 1/3 are not one of 1,
// and the neighbor at which a bound is met would change with the order of the sum.

/// Returns the second largest distance of a neighbor, the only one where there is one; infinity
/// without any [epfml/byzantine-robust-decentralized-optimizer, SelfCenteredClipping].
[[nodiscard]] double second_largest_distance(const Pulls& pulls);

/// Returns sqrt((1/b) sum w_j d_j^2) over the nearest whose cumulative weight, the node's own
/// included, is below the sum of all less b; infinity where b is 0 [He et al., 2022, section 5.2,
/// as renaudgaucher/Byzantine-Robust-Gossip has it].
[[nodiscard]] double he_length(const Pulls& pulls, double b);

/// Returns the largest distance up to which the cumulative weight, the node's own included, is not
/// above the sum of all less 2b; infinity where b is 0 [Gaucher, Dieuleveut and Hendrikx, 2025,
/// CS+].
[[nodiscard]] double cs_plus_length(const Pulls& pulls, double b);

/// Returns the share of each neighbor's weight that stays once the weight b of the farthest is
/// dropped [Gaucher, Dieuleveut and Hendrikx, 2025, GTS], [neighbors].
[[nodiscard]] std::vector<double> kept_shares(const Pulls& pulls, double b);

/// The option b: the weight of liars among a node's neighbors that a rule bears with.
[[nodiscard]] OptionForm tolerated_weight_form();
/// Reads such a weight, `0.25` or `1/6`.
/// @throws std::invalid_argument  "where: ..." on anything but a number or a fraction in [0, 1]
[[nodiscard]] double parse_tolerated_weight(const std::string& where, std::string_view text);
/// Reads b.
/// @throws std::invalid_argument  on anything but a number or a fraction in [0, 1]
[[nodiscard]] double tolerated_weight(const Options& options);

}  // namespace murmur
