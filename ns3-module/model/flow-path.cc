/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-path.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowPath");

namespace
{

/**
 * The part of a propagation delay that belongs to no link.
 * @param underlay the underlay
 * @param route the route
 * @return seconds
 */
double
CoreLatency(const Underlay& underlay, const Underlay::Route& route)
{
    double latency = route.latency.GetSeconds();
    for (const uint32_t link : route.links)
    {
        latency -= underlay.GetLink(link).delay.GetSeconds();
    }
    return std::max(0.0, latency);
}

/**
 * What a link carries while it is up.
 * @param link the link
 * @return bytes per second
 */
double
RateOf(const Underlay::Link& link)
{
    return static_cast<double>(link.rate.GetBitRate()) / 8;
}

} // namespace

std::shared_ptr<const FlowPath>
ReadFlowPath(Ptr<Underlay> underlay, uint32_t from, uint32_t to, const FlowPath::Segment& segment)
{
    NS_LOG_FUNCTION(from << to);
    Underlay::Route forth = underlay->GetRoute(from, to);
    Underlay::Route back = underlay->GetRoute(to, from);
    double sum = 0;
    double slowest = 0;
    double passed = 1;
    double passedBack = 1;
    for (const uint32_t link : forth.links)
    {
        const double time = segment.GetSize() / RateOf(underlay->GetLink(link));
        passed *= 1 - underlay->GetLink(link).loss;
        sum += time;
        slowest = std::max(slowest, time);
    }
    double acknowledgement = 0;
    for (const uint32_t link : back.links)
    {
        passedBack *= 1 - underlay->GetLink(link).loss;
        acknowledgement += segment.header / RateOf(underlay->GetLink(link));
    }
    auto path = std::make_shared<FlowPath>();
    path->latencyForth = forth.latency.GetSeconds();
    path->latencyBack = back.latency.GetSeconds();
    path->coreForth = CoreLatency(*underlay, forth);
    path->coreBack = CoreLatency(*underlay, back);
    path->roundTrip = path->latencyForth + sum + path->latencyBack + acknowledgement;
    path->lastHops = sum - slowest;
    path->loss = 1 - passed;
    path->lossBack = 1 - passedBack;
    NS_LOG_LOGIC("node " << from << " to node " << to << ": round trip " << path->roundTrip
                         << " s, loss " << path->loss << " there, " << path->lossBack << " back");
    path->forth = std::move(forth.links);
    path->back = std::move(back.links);
    return path;
}

double
SecondsNow()
{
    return 1e-9 * static_cast<double>(Simulator::Now().GetNanoSeconds());
}

Time
ToTime(double seconds)
{
    return NanoSeconds(std::llround(seconds * 1e9));
}

} // namespace murmuration
} // namespace ns3
