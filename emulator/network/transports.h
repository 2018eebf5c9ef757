#pragma once

#include "tools/text/registry.h"

#include "ns3/link-queue.h"
#include "ns3/message-transport.h"
#include "ns3/tcp-settings.h"
#include "ns3/underlay.h"

#include <functional>
#include <string>
#include <string_view>

namespace murmur {

/// Makes what carries messages over an underlay.
///
///     transports().add({"carrier-pigeon", "a message a minute"}, {.make = make_pigeons});
struct TransportMake {
    /// Makes it.  A run then sets TCP, where `--tcp` says something, and assigns random streams.
    /// @throws std::invalid_argument  where an option is wrong, or the underlay none for it
    std::function<ns3::Ptr<ns3::murmuration::MessageTransport>(
        const Options& options, ns3::Ptr<ns3::murmuration::Underlay> underlay)>
        make{};
    /// Says what it does not know of a queue and of TCP, in one clause such as "knows no queues";
    /// nothing, if it knows all.  Where there is none, it knows what is so by default and no more.
    std::function<std::string(const ns3::murmuration::LinkQueue& queue,
                              const ns3::murmuration::TcpSettings& tcp)>
        unknown{};
    bool knows_loss = false;  ///< heeds `--loss`
    /// There are ns-3 nodes with packets, as pcap files and FlowMonitor want them.
    bool has_packets = false;
    // What it takes in memory, about.
    double node_bytes = 0;
    double pair_bytes = 600;  ///< for each pair of nodes, one of which sends to the other
};
using TransportRegistry = Registry<TransportMake>;

/// Returns the transports that `--network` may name: ours, and those that a program adds.
[[nodiscard]] TransportRegistry& transports();

/// Registers those of this folder's files.
void register_all(TransportRegistry& registry);

/// Makes the transport that `spec` names.
/// @throws std::invalid_argument  on an unknown name or a wrong option
[[nodiscard]] ns3::Ptr<ns3::murmuration::MessageTransport> make_transport(
    std::string_view spec, ns3::Ptr<ns3::murmuration::Underlay> underlay);

/// Refuses what a transport does not know and would have to ignore.
/// @param where  the option, for messages
/// @throws std::invalid_argument  naming the option and the transport
void require_known(std::string_view where,
                   std::string_view spec,
                   const ns3::murmuration::LinkQueue& queue);
void require_known(std::string_view where,
                   std::string_view spec,
                   const ns3::murmuration::TcpSettings& settings);

}  // namespace murmur
