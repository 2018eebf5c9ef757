#include "emulator/run/ns3_network.h"

#include "emulator/network/transports.h"
#include "emulator/run/experiment_plan.h"
#include "learning/random_stream.h"

#include "ns3/rng-seed-manager.h"
#include "ns3/tcp-message-transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace murmur {

ns3::Ptr<ns3::murmuration::Underlay> make_links(const ExperimentPlan& plan) {
    if (plan.network_factory) {
        return nullptr;
    }
    auto underlay = make_underlay(plan.network, plan.options.nodes);
    impair_links(plan.links, *underlay);
    return underlay;
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_network(
    const ExperimentPlan& plan, ns3::Ptr<ns3::murmuration::Underlay> underlay) {
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(stream_seed(plan.options.seed, "ns3"));
    auto transport = underlay ? make_transport(plan.options.network, underlay)
                              : plan.network_factory(plan.options);
    if (!transport) {
        throw std::invalid_argument(
            "the network that the program makes: got none, allowed a message transport");
    }
    if (underlay) {
        transport->SetTcpSettings(plan.links.tcp);
    }
    transport->AssignStreams(0);
    return transport;
}

ns3::NodeContainer nodes_with_packets(ns3::Ptr<ns3::murmuration::MessageTransport> transport) {
    const auto tcp = ns3::DynamicCast<ns3::murmuration::TcpMessageTransport>(transport);
    return tcp ? tcp->GetNodes() : ns3::NodeContainer();
}

void check_arrival(const ns3::murmuration::Message& message,
                   const ns3::murmuration::Underlay* underlay,
                   SimTime now) {
    // Half of what ns-3 counts: nothing that a message goes through may add up to the other half.
    const double horizon_s = to_seconds(SimTime::max()) / 2;
    double time_s = to_seconds(now);
    if (underlay) {
        const auto route = underlay->GetRoute(message.from, message.to);
        double rate = std::numeric_limits<double>::infinity();
        for (const std::uint32_t link : route.links) {
            rate = std::min(rate, static_cast<double>(underlay->GetLink(link).rate.GetBitRate()));
        }
        // Slow start takes its round trips, other messages their share of the links.
        constexpr double kTimesOver = 40;
        time_s += kTimesOver * (route.latency.GetSeconds() +
                                8.0 * static_cast<double>(message.sizeBytes) / rate);
    }
    if (time_s > horizon_s) {
        throw std::range_error(
            fmt::format("a message from node {} to node {} at {:.4g} s may arrive beyond the 292 "
                        "years of simulated time that ns-3 counts; use a higher rate, a lower "
                        "latency or fewer rounds",
                        message.from,
                        message.to,
                        to_seconds(now)));
    }
}

}  // namespace murmur
