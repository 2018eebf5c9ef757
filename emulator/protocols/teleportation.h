#pragma once

#include "emulator/nodes/protocol.h"
#include "topologies/graph.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
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

    // Nodes that leave.

    /// A place that has lost its node in a round, and who takes it.
    struct Death {
        std::uint64_t round;
        NodeId place;
        NodeId heir;
        bool is_under_way;  ///< the place's round; else a later one, of which models may have come
    };
    /// Who has a place's latest model, for as long as the round that begins with it is not over.
    struct Keeper {
        NodeId node;
        ModelHandle model;
    };
    /// Notes that a place has finished a round, at this node, with this model.
    void finish(NodeId place, NodeId node, const ModelHandle& model);
    /// Returns how many rounds a place has finished.
    [[nodiscard]] std::uint64_t finished(NodeId place) const { return finished_[place]; }
    [[nodiscard]] const std::optional<Keeper>& keeper(NodeId place) const {
        return keepers_[place];
    }
    /// Notes that a place's round has begun: its node has the model.
    void begin(NodeId place) { begun_[place] = finished_[place] + 1; }
    [[nodiscard]] bool has_begun(NodeId place) const { return begun_[place] > finished_[place]; }
    /// Notes that a place merges what has come in a round, and sends nothing more of it.
    void close(NodeId place) { closed_[place] = finished_[place] + 1; }
    [[nodiscard]] bool has_closed(NodeId place, std::uint64_t round) const {
        return closed_[place] > round;
    }
    /// Draws who takes the places of a node that has left at this instant, once.
    const std::vector<Death>& deaths_of(NodeId node);
    /// Notes that a node has lost the models that it had.
    void forget_keeper(NodeId node);

  private:
    /// Without a run nobody leaves.
    [[nodiscard]] bool has_churn() const {
        return !watched.empty() && watched.front()->has_churn();
    }
    [[nodiscard]] std::vector<NodeId> draw(std::uint64_t round) const;
    [[nodiscard]] NodeId draw_heir(std::uint64_t round, NodeId place) const;

    Options options_;
    NodeId num_nodes_;
    std::uint64_t seed_;
    std::vector<std::vector<NodeId>> next_to_;
    /// The latest that were asked for; all where nodes leave, who are drawn of those that are
    /// there.
    std::map<std::uint64_t, std::vector<NodeId>> drawn_;
    std::vector<std::uint64_t> finished_;          ///< [k]
    std::vector<std::uint64_t> begun_;             ///< [k]
    std::vector<std::uint64_t> closed_;            ///< [k]
    std::vector<std::optional<Keeper>> keepers_;   ///< [k]
    /// By who has left, and when it last did.
    std::map<NodeId, std::pair<SimTime, std::vector<Death>>> deaths_;
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
///
/// Nodes that are away are not drawn; those that are back are, for rounds of which nobody has been
/// drawn yet.  One that leaves with a place loses
/// the round's work: another node, drawn of those that are there and have none, is handed the model
/// that the round began with by the node before, which has kept it, or begins with the initial one
/// where that has left, too (`places_begun_anew`).  Neighbors in the graph that have not finished
/// the round send it their models again, those that have are left out (`missing_models`).
/// - [Takezawa, 2025] Y. Takezawa and S. U. Stich. Scalable decentralized learning with
///   teleportation. ICLR; arXiv:2501.15259, algorithm 1.
class Teleportation final : public Protocol {
  public:
    Teleportation(NodeContext& node, std::shared_ptr<Places> places);

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_leave() override { activities_.clear(); }
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t { kExchange, kHandOver };

    /// A round in which this node has a place.
    struct Activity {
        NodeId place = 0;
        ModelHandle model{};                        ///< trained, once it was sent
        EncodedHandle encoded{};                    ///< it, where it may have to be sent again
        std::map<NodeId, EncodedHandle> arrived{};  ///< by sender
        std::set<NodeId> heard{};                   ///< places
        std::set<NodeId> excused{};  ///< places that had closed the round without this node
    };

    /// Returns `done` as it is to be given to work: it does not run while the node is away, as its
    /// place is another node's.
    template <class F>
    [[nodiscard]] auto while_there(F done) const {
        return [this, done = std::move(done)](auto value) mutable {
            if (node().is_present(node().id())) {
                done(std::move(value));
            }
        };
    }
    void begin(std::uint64_t round, ModelHandle model);
    void share(std::uint64_t round, ModelHandle trained);
    void take_over(const Places::Death& death);
    void begin_anew(std::uint64_t round);
    void send_model(std::uint64_t round, NodeId place, const EncodedHandle& encoded);
    void merge_when_complete(std::uint64_t round);
    /// Returns how many models of a round have not come, and will.
    [[nodiscard]] std::size_t num_awaited(const Activity& own) const;
    void finish_round(std::uint64_t round, NodeId place, const ModelHandle& merged);
    void hand_over(std::uint64_t round, NodeId place, const ModelHandle& merged);
    [[nodiscard]] Activity& activity(std::uint64_t round);

    std::shared_ptr<Places> places_;
    std::map<std::uint64_t, Activity> activities_;  ///< begun, or heard of
};

}  // namespace murmur
