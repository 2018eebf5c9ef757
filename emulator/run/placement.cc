#include "emulator/run/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace murmur {

namespace {

/// Consecutive nodes, so that the cost of those before a rank's first one is its share of all.
std::vector<std::uint16_t> in_a_row(const std::vector<std::int64_t>& costs, unsigned num_ranks) {
    const std::int64_t all = std::accumulate(costs.begin(), costs.end(), std::int64_t{0});
    std::vector<std::uint16_t> ranks;
    ranks.reserve(costs.size());
    std::int64_t before = 0;
    for (const std::int64_t cost : costs) {
        // By the middle of a node: a large one goes where most of it lies.
        const double share = (static_cast<double>(before) + 0.5 * static_cast<double>(cost)) /
                             static_cast<double>(std::max<std::int64_t>(all, 1));
        ranks.push_back(static_cast<std::uint16_t>(
            std::min<unsigned>(num_ranks - 1, static_cast<unsigned>(share * num_ranks))));
        before += cost;
    }
    return ranks;
}

}  // namespace

void check_placement(std::string_view placement, bool has_static_overlay) {
    if (placement != "blocks" && placement != "cost" && placement != "metis") {
        throw std::invalid_argument(
            fmt::format("--placement: got '{}', allowed blocks, cost, metis", placement));
    }
    if (placement == "metis" && !has_metis()) {
        throw std::invalid_argument(
            "--placement: got metis, but this build has none (libmetis-dev), allowed blocks, cost");
    }
    if (placement == "metis" && !has_static_overlay) {
        throw std::invalid_argument(
            "--placement: got metis with an overlay that changes, allowed "
            "blocks, cost");
    }
}

std::vector<std::uint16_t> deal_nodes(std::string_view placement, const PlacementProblem& problem) {
    check_placement(placement, true);
    if (placement == "metis") {
        return parts_by_metis(problem);
    }
    return in_a_row(
        placement == "cost" ? problem.costs : std::vector<std::int64_t>(problem.costs.size(), 1),
        problem.num_ranks);
}

}  // namespace murmur
