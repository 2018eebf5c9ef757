#pragma once

#include "emulator/base/sim_time.h"

#include "ns3/message-transport.h"
#include "ns3/node-container.h"
#include "ns3/ptr.h"
#include "ns3/underlay.h"

namespace murmur {

struct ExperimentPlan;

/// Builds links and routers of a run in ns-3; null where the network is the caller's.
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> make_links(const ExperimentPlan& plan);

/// Sets ns-3's seed, and builds what carries messages over these links, or the caller's network.
[[nodiscard]] ns3::Ptr<ns3::murmuration::MessageTransport> make_network(
    const ExperimentPlan& plan, ns3::Ptr<ns3::murmuration::Underlay> underlay);

/// Returns ns-3's nodes that learn, whose packets can be watched; empty where there are no packets.
[[nodiscard]] ns3::NodeContainer nodes_with_packets(
    ns3::Ptr<ns3::murmuration::MessageTransport> transport);

/// Makes sure that a message that leaves now is there while ns-3 can still count time.
/// @param underlay  null: nothing is known of its way
/// @throws std::range_error  where it may arrive later
void check_arrival(const ns3::murmuration::Message& message,
                   const ns3::murmuration::Underlay* underlay,
                   SimTime now);

}  // namespace murmur
