#pragma once

#include "emulator/nodes/protocol.h"
#include "topologies/graph.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace murmur {

/// Which nodes are active in which round, and the small graph between their places: what every node
/// knows without a message.
class Places {
  public:
    struct Options {
        NodeId active = 4;         ///< k
        bool are_shuffled = true;  ///< the drawn nodes take the places in random order
    };

    /// @param graph  between the places, [k]
    Places(Options options, NodeId num_nodes, std::uint64_t seed, const Graph& graph);

    [[nodiscard]] NodeId num_places() const { return options_.active; }
    /// Returns the places next to one, ascending.
    [[nodiscard]] const std::vector<NodeId>& next_to(NodeId place) const { return next_to_[place]; }
    /// Returns the nodes that have the places in a round, [k].
    [[nodiscard]] const std::vector<NodeId>& nodes(std::uint64_t round);
    /// Returns the place of a node, if it has one.
    [[nodiscard]] std::optional<NodeId> place_of(NodeId node, std::uint64_t round);

    /// All nodes of the run, in the order of their ids: whose rounds end when a place's does.
    std::vector<NodeContext*> watched;

  private:
    Options options_;
    NodeId num_nodes_;
    std::uint64_t seed_;
    std::vector<std::vector<NodeId>> next_to_;
    std::map<std::uint64_t, std::vector<NodeId>> drawn_;  ///< the latest that were asked for
};

/// Teleportation [Takezawa, 2025]: only k of n nodes are active in a round, drawn anew for each.
/// Node a of them trains, exchanges with those next to place a in a small graph over the k places
/// and takes the plain mean of its own and what it got; then it hands the result on to the node
/// that has place a in the next round, which begins when it is there.  So the spread of models
/// depends on the graph of k, not on n.
///
/// Messages: the model as `--sharing` has it and 8 bytes, to those next to it; the whole model and
/// 16 bytes, where the next node is another one.
///
/// A round of the run is one of the places.  Most nodes hold no model of it: when place a has ended
/// round t, what is recorded for every node j with j mod k = a is the model of that place, at that
/// instant, with the node's own bytes and times.  That is an observer's view, it sends nothing.
/// - [Takezawa, 2025] Y. Takezawa and S. U. Stich. Scalable decentralized learning with
///   teleportation. ICLR; arXiv:2501.15259, algorithm 1.
class Teleportation final : public Protocol {
  public:
    Teleportation(NodeContext& node, std::shared_ptr<Places> places);

    void on_start() override;
    void on_message(const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kExchange, kHandOver };

    /// A round in which this node has a place.
    struct Activity {
        NodeId place = 0;
        ModelHandle model{};  ///< trained, once it was sent
        std::map<NodeId, EncodedHandle> arrived{};
    };

    void begin(std::uint64_t round, ModelHandle model);
    void share(std::uint64_t round, ModelHandle trained);
    void merge_when_complete(std::uint64_t round);
    void hand_over(std::uint64_t round, NodeId place, const ModelHandle& merged);
    [[nodiscard]] Activity& activity(std::uint64_t round);

    std::shared_ptr<Places> places_;
    std::map<std::uint64_t, Activity> activities_;  ///< begun, or heard of
};

}  // namespace murmur
