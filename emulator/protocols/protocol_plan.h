#pragma once

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/protocol_options.h"
#include "topologies/node_id.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace murmur {

class Overlay;

/// A protocol with its options: how to make it, and what the rest of a run has to know of it.
struct ProtocolPlan {
    /// Which pairs of nodes exchange messages.
    enum class Peers {
        kOverlay,             ///< neighbors of the overlay
        kOverlayAndNodeZero,  ///< these, and node 0 with everybody
        kAny,                 ///< any two
    };
    /// An overlay that the protocol brings along, as `Overlay` takes it.
    struct OwnOverlay {
        std::string topology;
        std::string weights;
    };

    std::string name = "own";  ///< as in messages and experiment.json
    ProtocolFactory make;
    Peers peers = Peers::kOverlay;
    /// A node's messages do not go to the same peers in every round, whatever the overlay is.
    bool has_changing_peers = false;
    bool needs_static_overlay = false;
    /// Can do with neighbors that it hears and does not send to, and the other way round.
    bool takes_directed_overlay = false;
    /// Averages what it gets with the weights of the overlay, so that those of a node must sum
    /// to 1.
    bool needs_weighted_means = true;
    /// Node 0 is a server: it holds no data, the others share the partition.
    bool has_server = false;
    bool needs_labels = false;
    /// Takes what local training has moved for gradients, which it is of plain SGD alone.
    bool needs_plain_sgd = false;
    /// What a node sends of its data that no privacy of training is in; empty: nothing.
    std::string tells_of_data{};
    /// Merges with weights of its own, which the sharing strategy must not replace.
    bool sets_weights = false;
    /// Nodes encode and merge while they train, as with a thread of its own for communication.
    bool overlaps_training = false;
    /// Instead of the overlay that the options name.
    std::optional<OwnOverlay> overlay{};
    /// Instead of the sharing strategy that the options name.
    std::optional<std::string> sharing{};
    /// What it sends, and how that is merged, is its own: no sharing strategy has a part in it.
    bool has_own_messages = false;
    /// Refuses overlays on which the method is not what it is; empty: it takes any.
    /// @throws std::invalid_argument  naming the option
    std::function<void(const ProtocolOptions& options, const Overlay& overlay)> check_overlay{};
    /// Sends models as they are, too, beside those that it encodes as the options say.
    bool hands_models_on = false;
    /// Each receiver gets a model of its own, which the encoder must neither change nor remember.
    bool sends_models_apart = false;
    /// How many nodes each must send to in every round.
    std::uint32_t least_receivers = 0;
    /// Receivers learn sums of their neighbors' models alone: each needs two neighbors or more.
    bool sums_in_secret = false;
    /// Says what a node does when others leave and return, and when it has been away itself; runs of
    /// other protocols with such nodes are refused.
    bool lives_with_churn = false;
    /// As far as that goes, nodes may return; else they may leave for good alone.
    bool lives_with_returns = true;
    /// What nodes do in rounds before the last depends on how many there are: a run cannot be given
    /// more of them when it goes on.
    bool heeds_num_rounds = false;
    /// A client that is back gets all that it has missed of the server's updates.
    bool updates_returned = false;
    /// All nodes have the same state, which one that is back gets from another, whatever it had.
    bool has_common_state = false;
};

/// Plans the protocol that `spec` names, such as `dpsgd` or `el-local:receivers=3,window=200ms`.
/// @throws std::invalid_argument  on an unknown name, an unknown or missing option, or one that
///                                does not fit the number of nodes
[[nodiscard]] ProtocolPlan plan_protocol(std::string_view spec, NodeId num_nodes);

/// Plans the protocol that options name: that of `--protocol`, but secure-dpsgd, with the options
/// given to sharing, for `--sharing=secure`.
/// @throws std::invalid_argument  as above, and where secure sharing meets another protocol than
///                                dpsgd
[[nodiscard]] ProtocolPlan plan_protocol(const ProtocolOptions& options);

}  // namespace murmur
