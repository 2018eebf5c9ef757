#pragma once

#include "emulator/network/link_trace.h"
#include "emulator/network/network_options.h"
#include "emulator/network/network_setup.h"

#include "ns3/link-queue.h"
#include "ns3/tcp-settings.h"
#include "ns3/underlay.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// The first number of the ns-3 random streams of links; those of the transport begin at 0.
constexpr std::int64_t kFirstLinkStream = 500'000'000;

/// What stands before the links of a run, who uses them, and what chance and time do to them; read
/// and drawn before ns-3 runs.
struct LinkPlan {
    /// A link that follows a trace.
    struct Follower {
        std::uint32_t link;
        LinkTracePtr trace;
        ns3::Time offset;  ///< where in the trace the run begins
    };

    ns3::murmuration::LinkQueue uplink_queue{};
    ns3::murmuration::LinkQueue downlink_queue{};
    ns3::murmuration::TcpSettings tcp{};
    std::vector<double> loss;      ///< [num_links], probability per packet; empty: none
    std::vector<double> jitter_s;  ///< [num_links], largest extra delay; empty: none
    std::vector<Follower> followers;
    std::vector<std::string> notes;  ///< what was made of each file, a line each
};

/// Reads and draws what `--uplink-queue`, `--downlink-queue`, `--tcp`, `--loss`, `--jitter`,
/// `--link-trace`, `--uplink-trace` and
/// `--downlink-trace` ask for.
/// @throws std::invalid_argument  naming the option, and the line of a file
[[nodiscard]] LinkPlan plan_links(const NetworkOptions& options, const NetworkPlan& network);

/// Gives the links of an underlay their queues, loss and jitter, and their random streams.
void impair_links(const LinkPlan& plan, ns3::murmuration::Underlay& underlay);

/// Returns what lets the links follow their traces, not started.
[[nodiscard]] std::unique_ptr<ns3::murmuration::LinkSchedule> schedule_links(
    const LinkPlan& plan, ns3::Ptr<ns3::murmuration::Underlay> underlay);

}  // namespace murmur
