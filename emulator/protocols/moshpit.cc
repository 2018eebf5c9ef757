#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/plans.h"

#include <cmath>
#include <cstdint>
#include <memory>

namespace murmur {
namespace {

/// A grid of M^D cells, of which node i has cell i: its coordinates are the digits of i in base M.
struct Grid {
    NodeId side = 2;             ///< M
    std::int64_t dimensions = 2;  ///< D

    /// Returns the nodes that share all coordinates with a node but the one along `axis`.
    [[nodiscard]] std::vector<NodeId> line_of(NodeId node,
                                              std::int64_t axis,
                                              NodeId num_nodes) const {
        std::uint64_t stride = 1;
        for (std::int64_t i = 0; i < axis; ++i) {
            stride *= side;
        }
        std::uint64_t cell = node - node / stride % side * stride;
        std::vector<NodeId> members;
        for (NodeId i = 0; i < side && cell < num_nodes; ++i, cell += stride) {
            members.push_back(static_cast<NodeId>(cell));
        }
        return members;
    }
};

/// Moshpit all-reduce [Ryabinin, 2021]: in round t nodes average with those of their line along
/// axis t mod D of a grid.  On a full grid where nothing is lost, the means of D rounds without
/// training are exact.  A line averages by a butterfly; with a `timeout` it goes on without a failed
/// member: means are over who came, and the chunk that the failed one would have averaged stays as
/// each has it.
/// - [Ryabinin, 2021] M. Ryabinin et al. Moshpit SGD: communication-efficient decentralized training
///   on heterogeneous unreliable devices. NeurIPS 34, algorithm 1.
class Moshpit final : public GroupProtocol {
  public:
    Moshpit(NodeContext& node, const Grid& grid, std::optional<SimTime> timeout)
        : GroupProtocol(node, {.timeout = timeout}), grid_(grid) {}

  private:
    [[nodiscard]] bool has_common_state() const override { return false; }

    void exchange(ModelHandle /*start*/, ModelHandle trained) override {
        be_back_with(trained);
        const auto axis = static_cast<std::int64_t>(
            node().round() % static_cast<std::uint64_t>(grid_.dimensions));
        collectives().all_reduce(
            collective_of(CollectiveForm::kDirect,
                          grid_.line_of(node().id(), axis, node().num_nodes())),
            std::move(trained),
            node().num_parameters(),
            [this](ModelHandle mean) { conclude(std::move(mean)); });
    }

    Grid grid_;
};

Grid read_grid(const Options& options, NodeId num_nodes) {
    constexpr std::int64_t kMostDimensions = 16;
    Grid grid{.dimensions = options.integer("dimensions", {1, kMostDimensions})};
    const auto cells = [&](NodeId side) {
        return std::pow(static_cast<double>(side), static_cast<double>(grid.dimensions));
    };
    if (!options.has("side")) {
        while (cells(grid.side) < num_nodes) {
            ++grid.side;
        }
        return grid;
    }
    grid.side = static_cast<NodeId>(options.integer("side", {2, num_nodes}));
    if (cells(grid.side) < num_nodes) {
        options.refuse("side: a grid of so few cells does not hold all nodes, allowed a longer "
                       "side or more dimensions");
    }
    return grid;
}

}  // namespace

void register_moshpit(ProtocolRegistry& registry) {
    registry.add(
        {"moshpit",
         "average along one axis of a grid of nodes after the other",
         {unset("side", "COUNT", "of the grid; the shortest that holds all nodes"),
          named("dimensions", "2", "of the grid"),
          collective_timeout_option()}},
        [](const Options& options, NodeId num_nodes) {
            return plan_of_group(
                [grid = read_grid(options, num_nodes),
                 timeout = collective_timeout(options)](NodeContext& node) {
                    return std::make_unique<Moshpit>(node, grid, timeout);
                },
                false);
        });
}

}  // namespace murmur
