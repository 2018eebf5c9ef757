// The fidelities of the ns-3 module, by the names that it gives them.
#include "emulator/network/transports.h"

#include "ns3/transport-helper.h"

#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::TcpSettings;
using ns3::murmuration::TransportHelper;
using ns3::murmuration::Underlay;

/// Registers a fidelity.
void add_fidelity(TransportRegistry& registry,
                  const std::string& name,
                  const std::string& help,
                  TransportMake make) {
    make.make = [name](const Options&, ns3::Ptr<Underlay> underlay) {
        return TransportHelper::Create(name, std::move(underlay));
    };
    make.unknown = [name](const LinkQueue& queue, const TcpSettings& tcp) {
        const std::string of_queue = TransportHelper::FindUnknown(name, queue);
        return of_queue.empty() ? TransportHelper::FindUnknown(name, tcp) : of_queue;
    };
    registry.add({name, help}, std::move(make));
}

}  // namespace

void register_module_transports(TransportRegistry& registry) {
    add_fidelity(registry, "ideal", "latency + size / rate, without contention", {});
    add_fidelity(registry,
                 "flow",
                 "messages share the links' rates fairly, with the windows of TCP; for scale",
                 {.knows_loss = true});
    add_fidelity(registry,
                 "packet",
                 "TCP as Linux has it, packet by packet, on a lean engine of our own",
                 {.knows_loss = true});
    // What an Internet stack and the two ends of a connection take (measured).
    add_fidelity(
        registry,
        "tcp",
        "ns-3's TCP, packet by packet",
        {.knows_loss = true, .has_packets = true, .node_bytes = 33'000, .pair_bytes = 37'000});
}

}  // namespace murmur
