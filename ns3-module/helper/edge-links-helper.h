/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_EDGE_LINKS_HELPER_H
#define MURMURATION_EDGE_LINKS_HELPER_H

#include "ns3/edge-underlay.h"
#include "ns3/ipv4-address.h"
#include "ns3/node-container.h"
#include "ns3/point-to-point-helper.h"

#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @brief Builds the nodes, point-to-point links and IPv4 stacks that an EdgeUnderlay describes.
 *
 * Edge e is the subnet 10.0.0.0 + 4 e, of mask 255.255.255.252; its first end is host 1, its
 * second host 2. Queues are DropTail of 1000 packets unless set otherwise. There is no queue disc.
 */
class EdgeLinksHelper
{
  public:
    EdgeLinksHelper();

    /**
     * @brief The helper that makes devices and channels, to set attributes and queues with. The
     * underlay sets their rates and latencies.
     * @return the helper
     */
    PointToPointHelper& GetPointToPointHelper();

    /**
     * @brief Make nodes with devices, IPv4 stacks and addresses.
     * @param underlay edges, rates and latencies
     * @return the nodes, in the order of the underlay
     */
    NodeContainer CreateNodes(Ptr<const EdgeUnderlay> underlay) const;

    /**
     * @brief The address that CreateNodes() gives an end of an edge.
     * @param underlay the edges
     * @param from the other end
     * @param to the end
     * @return its address
     */
    static Ipv4Address GetAddress(Ptr<const EdgeUnderlay> underlay, uint32_t from, uint32_t to);

  private:
    PointToPointHelper m_pointToPoint; //!< Makes devices and channels
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_EDGE_LINKS_HELPER_H */
