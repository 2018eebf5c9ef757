/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_IPV4_NODES_H
#define MURMURATION_IPV4_NODES_H

#include "ns3/ipv4-address.h"
#include "ns3/net-device.h"
#include "ns3/node-container.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Make nodes with an IPv4 stack and static routing only: no IPv6, no global routing.
 * @param nNodes how many
 * @return the nodes
 */
NodeContainer CreateIpv4Nodes(uint32_t nNodes);

/**
 * @ingroup murmuration
 * @brief Bring a device up with an address; its subnet gets an on-link route.
 *
 * Unlike Ipv4AddressHelper, this installs no default queue disc.
 *
 * @param device the device, on a node with an IPv4 stack
 * @param address its address
 * @param mask the mask of its subnet
 */
void AssignIpv4Address(Ptr<NetDevice> device, Ipv4Address address, Ipv4Mask mask);

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_IPV4_NODES_H */
