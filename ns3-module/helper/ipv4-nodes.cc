/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ipv4-nodes.h"

#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-interface-address.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/ipv4.h"
#include "ns3/log.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationIpv4Nodes");

NodeContainer
CreateIpv4Nodes(uint32_t nNodes)
{
    NS_LOG_FUNCTION(nNodes);
    NodeContainer nodes;
    nodes.Create(nNodes);
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.SetRoutingHelper(Ipv4StaticRoutingHelper());
    stack.Install(nodes);
    return nodes;
}

void
AssignIpv4Address(Ptr<NetDevice> device, Ipv4Address address, Ipv4Mask mask)
{
    NS_LOG_FUNCTION(device << address << mask);
    const Ptr<Ipv4> ipv4 = device->GetNode()->GetObject<Ipv4>();
    const uint32_t interface = ipv4->AddInterface(device);
    ipv4->AddAddress(interface, Ipv4InterfaceAddress(address, mask));
    ipv4->SetMetric(interface, 1);
    ipv4->SetUp(interface);
}

} // namespace murmuration
} // namespace ns3
