#include "emulator/run/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <metis.h>
#include <stdexcept>

namespace murmur {

bool has_metis() {
    return true;
}

std::vector<std::uint16_t> parts_by_metis(const PlacementProblem& problem) {
    const std::size_t num_nodes = problem.costs.size();
    std::vector<std::uint16_t> ranks(num_nodes, 0);
    if (problem.num_ranks == 1) {
        return ranks;  // which METIS does not take
    }
    // An edge in one direction alone is one for METIS, which knows no directions.
    std::vector<std::vector<idx_t>> adjacent(num_nodes);
    for (NodeId node = 0; node < num_nodes; ++node) {
        for (const NodeId neighbor : problem.neighbors(node)) {
            adjacent[node].push_back(static_cast<idx_t>(neighbor));
            adjacent[neighbor].push_back(static_cast<idx_t>(node));
        }
    }
    std::vector<idx_t> begins{0};
    std::vector<idx_t> ends;
    for (std::vector<idx_t>& others : adjacent) {
        std::sort(others.begin(), others.end());
        others.erase(std::unique(others.begin(), others.end()), others.end());
        ends.insert(ends.end(), others.begin(), others.end());
        begins.push_back(static_cast<idx_t>(ends.size()));
    }
    // METIS counts in 32 bits: costs as thousandths of the largest.
    constexpr std::int64_t kLargest = 1000;
    const std::int64_t most =
        std::max<std::int64_t>(1, *std::max_element(problem.costs.begin(), problem.costs.end()));
    std::vector<idx_t> weights;
    weights.reserve(num_nodes);
    for (const std::int64_t cost : problem.costs) {
        weights.push_back(static_cast<idx_t>(1 + kLargest * cost / most));
    }
    auto vertices = static_cast<idx_t>(num_nodes);
    auto parts = static_cast<idx_t>(problem.num_ranks);
    idx_t constraints = 1;
    idx_t cut = 0;
    std::vector<idx_t> part_of(num_nodes);
    const int status = METIS_PartGraphKway(&vertices,
                                           &constraints,
                                           begins.data(),
                                           ends.data(),
                                           weights.data(),
                                           nullptr,
                                           nullptr,
                                           &parts,
                                           nullptr,
                                           nullptr,
                                           nullptr,
                                           &cut,
                                           part_of.data());
    if (status != METIS_OK) {
        throw std::runtime_error(fmt::format("METIS cannot deal {} nodes to {} ranks (code {})",
                                             num_nodes,
                                             problem.num_ranks,
                                             status));
    }
    std::transform(part_of.begin(), part_of.end(), ranks.begin(), [](idx_t part) {
        return static_cast<std::uint16_t>(part);
    });
    return ranks;
}

}  // namespace murmur
