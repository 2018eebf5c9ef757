/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "edge-links-helper.h"

#include "ipv4-nodes.h"

#include "ns3/net-device-container.h"
#include "ns3/queue-size.h"

namespace ns3
{
namespace murmuration
{

namespace
{

/** The first of the subnets, of four addresses each, and their mask. */
constexpr uint32_t FIRST_SUBNET = 10U << 24;
constexpr uint32_t SUBNET_MASK = 0xfffffffc;

/**
 * The address of one end of an edge.
 * @param edge the edge
 * @param host 1 for its first end, 2 for its second
 * @return the address
 */
Ipv4Address
EndAddress(uint32_t edge, uint32_t host)
{
    return Ipv4Address(FIRST_SUBNET + 4 * edge + host);
}

} // namespace

EdgeLinksHelper::EdgeLinksHelper()
{
    m_pointToPoint.DisableFlowControl();
    m_pointToPoint.SetQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize("1000p")));
}

PointToPointHelper&
EdgeLinksHelper::GetPointToPointHelper()
{
    return m_pointToPoint;
}

NodeContainer
EdgeLinksHelper::CreateNodes(Ptr<const EdgeUnderlay> underlay) const
{
    const NodeContainer nodes = CreateIpv4Nodes(underlay->GetNNodes());
    PointToPointHelper pointToPoint = m_pointToPoint;
    for (uint32_t number = 0; number < underlay->GetNEdges(); ++number)
    {
        const EdgeUnderlay::Edge& edge = underlay->GetEdge(number);
        pointToPoint.SetDeviceAttribute("DataRate", DataRateValue(edge.rate));
        pointToPoint.SetChannelAttribute("Delay", TimeValue(edge.latency));
        const NetDeviceContainer devices =
            pointToPoint.Install(nodes.Get(edge.first), nodes.Get(edge.second));
        AssignIpv4Address(devices.Get(0), EndAddress(number, 1), Ipv4Mask(SUBNET_MASK));
        AssignIpv4Address(devices.Get(1), EndAddress(number, 2), Ipv4Mask(SUBNET_MASK));
    }
    return nodes;
}

Ipv4Address
EdgeLinksHelper::GetAddress(Ptr<const EdgeUnderlay> underlay, uint32_t from, uint32_t to)
{
    const uint32_t link = underlay->GetRoute(from, to).links.front();
    return EndAddress(link / 2, link % 2 == 0 ? 2 : 1);
}

} // namespace murmuration
} // namespace ns3
