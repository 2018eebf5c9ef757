/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "edge-links-helper.h"

#include "ipv4-nodes.h"

#include "ns3/disc-queue.h"
#include "ns3/log.h"
#include "ns3/mac48-address.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationEdgeLinksHelper");

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
    NS_LOG_FUNCTION(this);
    m_deviceFactory.SetTypeId("ns3::PointToPointNetDevice");
}

void
EdgeLinksHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    NS_LOG_FUNCTION(this << name);
    m_deviceFactory.Set(name, value);
}

Ptr<PointToPointNetDevice>
EdgeLinksHelper::CreateDevice(Ptr<Node> node, const EdgeUnderlay& underlay, uint32_t link) const
{
    const auto device = m_deviceFactory.Create<PointToPointNetDevice>();
    device->SetAddress(Mac48Address::Allocate());
    device->SetQueue(
        m_queueFactory.IsTypeIdSet()
            ? m_queueFactory.Create<Queue<Packet>>()
            : DiscQueue::CreateFor(underlay.GetQueue(link), underlay.GetLink(link).rate));
    node->AddDevice(device);
    return device;
}

NodeContainer
EdgeLinksHelper::CreateNodes(Ptr<EdgeUnderlay> underlay) const
{
    NS_LOG_FUNCTION(this << underlay->GetNNodes() << underlay->GetNEdges());
    const NodeContainer nodes = CreateIpv4Nodes(underlay->GetNNodes());
    for (uint32_t number = 0; number < underlay->GetNEdges(); ++number)
    {
        const EdgeUnderlay::Edge& edge = underlay->GetEdge(number);
        const auto channel = CreateObject<EdgeChannel>();
        const auto first = CreateDevice(nodes.Get(edge.first), *underlay, 2 * number);
        const auto second = CreateDevice(nodes.Get(edge.second), *underlay, 2 * number + 1);
        first->Attach(channel);
        second->Attach(channel);
        channel->SetUnderlayEdge(underlay, number);
        AssignIpv4Address(first, EndAddress(number, 1), Ipv4Mask(SUBNET_MASK));
        AssignIpv4Address(second, EndAddress(number, 2), Ipv4Mask(SUBNET_MASK));
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
