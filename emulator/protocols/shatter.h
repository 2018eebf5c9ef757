#pragma once

#include "emulator/nodes/protocol.h"
#include "learning/permuted_fragments.h"
#include "topologies/graph.h"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {

/// The virtual nodes of a run, k of each node, and the random regular graph over all of them; what
/// every node knows without a message.  Virtual node i k + v of node i forwards fragment v.
class VirtualNodes {
  public:
    struct Options {
        NodeId of_each = 8;         ///< k
        NodeId degree = 4;          ///< of the graph
        bool is_dynamic = true;     ///< a new graph each round
        bool are_elsewhere = true;  ///< hosted by other nodes than their owners
    };

    VirtualNodes(Options options, NodeId num_nodes, std::uint64_t seed, FragmentPlan fragments);

    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] const FragmentPlan& fragments() const { return fragments_; }
    [[nodiscard]] NodeId number(NodeId owner, std::uint32_t fragment) const {
        return owner * options_.of_each + fragment;
    }
    [[nodiscard]] NodeId owner(NodeId virtual_node) const {
        return virtual_node / options_.of_each;
    }
    /// Returns the node that forwards a fragment of this owner: `shift` of the fragment further, so
    /// that each node hosts k virtual nodes, no two of them of one owner.
    [[nodiscard]] NodeId host(NodeId owner, std::uint32_t fragment) const {
        return (owner + shifts_[fragment]) % num_nodes_;
    }
    /// Returns the owners of the virtual nodes next to one, ascending; one that owns two of them is
    /// there twice.
    [[nodiscard]] std::vector<NodeId> receivers(NodeId virtual_node, std::uint64_t round);
    /// Returns the virtual nodes next to one, ascending.
    [[nodiscard]] std::vector<NodeId> next_to(NodeId virtual_node, std::uint64_t round) {
        return sorted_neighbors(graph(round), virtual_node);
    }

  private:
    [[nodiscard]] const Graph& graph(std::uint64_t round);

    Options options_;
    NodeId num_nodes_;
    std::uint64_t seed_;
    FragmentPlan fragments_;
    std::vector<NodeId> shifts_;             ///< [of_each], different; 0 where hosts are owners
    std::map<std::uint64_t, Graph> graphs_;  ///< the latest that were asked for
};

/// Shatter [Biswas, 2025]: nodes hide behind virtual nodes, each of which forwards one fragment.
/// In a round, a node trains, cuts the model into k fragments, and gives fragment v to its virtual
/// node v; this one sends it to those next to it in a random regular graph over all n k virtual
/// nodes, which give it to their owners.  A node waits for the k `degree` fragments of the round
/// and mixes, value by value,  x <- (x + sum of those received) / (1 + how many were).
///
/// Where virtual nodes are hosted elsewhere, which hides who a model is of, a fragment goes two
/// hops: to the host, and from there to the owners of the virtual nodes next to it.  Hosted by
/// their owners, as in the authors' experiments, it goes one.  A message is 4 bytes a value, and 12
/// of kind, round and number: `degree` models a node and round, and one more for the first hop.
/// What a node would send itself does not travel.
///
/// Where nodes come and go, fragments whose owner or host is away, or takes part from a later round
/// on, are not waited for (`missing_fragments`).  A node that is back goes on with the first round of
/// which nobody has sent a fragment; what it has trained goes along.
/// - [Biswas, 2025] S. Biswas et al. Noiseless privacy-preserving decentralized learning. PoPETs
///   2025(1); arXiv:2404.09536, algorithm 1.
class Shatter final : public Protocol {
  public:
    Shatter(NodeContext& node, std::shared_ptr<VirtualNodes> virtual_nodes)
        : Protocol(node), virtual_(std::move(virtual_nodes)) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_peer_left(NodeId peer) override;
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    enum Kind : std::uint32_t {
        kToHost,   ///< to be forwarded
        kToOwner,  ///< forwarded
    };
    struct Fragment {
        NodeId host;
        std::uint32_t number;
        std::uint64_t round;
        EncodedHandle content;
    };
    /// By host and number, which tell whose it is and do not depend on arrival; the graph may have
    /// one come twice.
    using Inbox = std::multimap<std::pair<NodeId, std::uint32_t>, EncodedHandle>;

    void begin_round();
    void keep();
    void cut();
    /// Gives a fragment of this node's own to its virtual node.
    void give(const Fragment& fragment);
    /// Forwards a fragment of its owner as the virtual node that this node hosts.
    void forward(const Fragment& fragment, NodeId owner);
    void receive(const Fragment& fragment);
    void merge_when_complete();
    /// Returns how many fragments of the present round have not come, and may still.
    [[nodiscard]] std::size_t num_awaited(const Inbox& arrived) const;
    [[nodiscard]] std::size_t num_expected() const {
        return std::size_t{virtual_->options().of_each} * virtual_->options().degree;
    }

    std::shared_ptr<VirtualNodes> virtual_;
    ModelHandle model_;
    ModelHandle kept_;                        ///< it, while work on it is under way that may be lost
    std::uint32_t given_ = 0;                 ///< fragments of this round
    bool is_waiting_ = false;                 ///< has given them all, and not begun to merge
    std::map<std::uint64_t, Inbox> inboxes_;  ///< of this and later rounds
};

}  // namespace murmur
