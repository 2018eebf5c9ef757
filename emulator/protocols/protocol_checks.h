#pragma once

#include "emulator/network/overlay.h"
#include "emulator/nodes/attackers.h"
#include "emulator/nodes/life.h"
#include "emulator/protocols/protocol_options.h"
#include "emulator/protocols/protocol_plan.h"
#include "learning/sharing.h"
#include "learning/training_options.h"
#include "topologies/graph.h"

namespace murmur {

/// Refuses protocols, overlays and sharing strategies that do not go together.
/// @throws std::invalid_argument  naming the options
void check_together(const ProtocolOptions& options,
                    const ProtocolPlan& protocol,
                    const Overlay& overlay,
                    const Sharing& sharing);

/// Refuses local training of which a protocol's formula does not hold, and private training beside
/// which a node tells of its data what no noise is in.
/// @throws std::invalid_argument  naming the options
void check_training(const ProtocolOptions& options,
                    const ProtocolPlan& protocol,
                    const TrainingOptions& training,
                    const Sharing& sharing);

/// Returns how many nodes, the first ones, must be there all the time: a server, a sampler.
[[nodiscard]] NodeId always_there(const ProtocolPlan& protocol);

/// Refuses nodes that come and go where the protocol or what is sent cannot do with them.
/// @throws std::invalid_argument  naming the options
void check_lives(const ProtocolOptions& options,
                 const ProtocolPlan& protocol,
                 const LifePlan& lives,
                 const Sharing& sharing);

/// Refuses attacks that a protocol or a sharing strategy makes no sense of, and those of which some
/// messages of an attacker would know nothing.
/// @throws std::invalid_argument  naming the options
void check_attack(const ProtocolOptions& options,
                  const Attackers& attackers,
                  const ProtocolPlan& protocol,
                  const LifePlan& lives,
                  const Sharing& sharing);

/// Returns pairs of nodes that must have a route, or a link each where the underlay is made of
/// them.
/// @throws std::invalid_argument  where it would need a link between any two
[[nodiscard]] Graph pairs_to_connect(const ProtocolOptions& options,
                                     const ProtocolPlan& protocol,
                                     const Overlay& overlay);

}  // namespace murmur
