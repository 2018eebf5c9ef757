/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_EDGE_LINKS_HELPER_H
#define MURMURATION_EDGE_LINKS_HELPER_H

#include "ns3/edge-channel.h"
#include "ns3/edge-underlay.h"
#include "ns3/ipv4-address.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/queue.h"

#include <string>
#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Builds the nodes, point-to-point links and IPv4 stacks that an EdgeUnderlay describes.
 *
 * Edge e is the subnet 10.0.0.0 + 4 e, of mask 255.255.255.252; its first end is host 1, its
 * second host 2. Each is a PointToPointNetDevice, and between them is an EdgeChannel. Queues are
 * those of the underlay unless set here. There is no traffic control layer.
 */
class EdgeLinksHelper
{
  public:
    EdgeLinksHelper();

    /**
     * @brief Set an attribute of each device. The underlay sets the rates.
     * @param name its name
     * @param value its value
     */
    void SetDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Set the queue of each device.
     * @param type its class, such as "ns3::DropTailQueue"
     * @param args names and values of its attributes
     */
    template <typename... Ts>
    void SetQueue(std::string type, Ts&&... args);

    /**
     * @brief Make nodes with devices, IPv4 stacks and addresses.
     * @param underlay edges and the state of their links
     * @return the nodes, in the order of the underlay
     */
    NodeContainer CreateNodes(Ptr<EdgeUnderlay> underlay) const;

    /**
     * @brief The address that CreateNodes() gives an end of an edge.
     * @param underlay the edges
     * @param from the other end
     * @param to the end
     * @return its address
     */
    static Ipv4Address GetAddress(Ptr<const EdgeUnderlay> underlay, uint32_t from, uint32_t to);

  private:
    /**
     * @brief Make a device.
     * @param node the node that it is part of
     * @param underlay knows the queue of its link
     * @param link the link that it sends to
     * @return the device, without a channel
     */
    Ptr<PointToPointNetDevice> CreateDevice(Ptr<Node> node,
                                            const EdgeUnderlay& underlay,
                                            uint32_t link) const;

    ObjectFactory m_deviceFactory; //!< Makes the devices
    ObjectFactory m_queueFactory;  //!< Makes their queues
};

template <typename... Ts>
void
EdgeLinksHelper::SetQueue(std::string type, Ts&&... args)
{
    QueueBase::AppendItemTypeIfNotPresent(type, "Packet");
    m_queueFactory = ObjectFactory(type, std::forward<Ts>(args)...);
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_EDGE_LINKS_HELPER_H */
