/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_WAN_HELPER_H
#define MURMURATION_WAN_HELPER_H

#include "ns3/ipv4-address.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/queue.h"
#include "ns3/routed-channel.h"
#include "ns3/trace-helper.h"
#include "ns3/wan-channel.h"
#include "ns3/wan-net-device.h"
#include "ns3/wan-underlay.h"

#include <string>
#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Builds the nodes, devices, channel and IPv4 stacks that a WanUnderlay or a RoutedUnderlay
 * describes.
 *
 * Node i of the underlay gets the address 10.0.0.0 + i + 1 in one subnet, 10.0.0.0/8, so that
 * routing is one on-link route per node. Queues of access links are those of the underlay, unless
 * set here; between routers they are DropTail of 1000 packets, the default length of a Linux device
 * queue. There is no traffic control layer: a queue with CoDel is in the device.
 */
class WanHelper : public PcapHelperForDevice
{
  public:
    WanHelper();

    /**
     * @brief Set an attribute of each device.
     * @param name its name
     * @param value its value
     */
    void SetDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Set the queue in front of each uplink.
     * @param type its class, such as "ns3::DropTailQueue"
     * @param args names and values of its attributes
     */
    template <typename... Ts>
    void SetUpQueue(std::string type, Ts&&... args);

    /**
     * @brief Set the queue in front of each downlink.
     * @param type its class, such as "ns3::DropTailQueue"
     * @param args names and values of its attributes
     */
    template <typename... Ts>
    void SetDownQueue(std::string type, Ts&&... args);

    /**
     * @brief Set the queue in front of each link between routers.
     * @param type its class, such as "ns3::DropTailQueue"
     * @param args names and values of its attributes
     */
    template <typename... Ts>
    void SetCoreQueue(std::string type, Ts&&... args);

    /**
     * @brief Let the uplink hold back the layers above when its queue is full, so that a queue
     * disc can be installed over it. Without a queue disc, packets are then dropped in the traffic
     * control layer instead of in the device.
     */
    void EnableFlowControl();

    /**
     * @brief Make a device on each node and attach all to one channel.
     * @param nodes one per node of the underlay, in its order
     * @param underlay rates and latencies
     * @return the devices, in the order of the nodes
     */
    NetDeviceContainer Install(const NodeContainer& nodes, Ptr<WanUnderlay> underlay) const;

    /**
     * @brief Make a device on each node and attach all to one channel with routers.
     * @param nodes one per node of the underlay, in its order
     * @param underlay routers, links and routes
     * @return the devices, in the order of the nodes
     */
    NetDeviceContainer Install(const NodeContainer& nodes, Ptr<RoutedUnderlay> underlay) const;

    /**
     * @brief Make nodes with devices, IPv4 stacks and addresses.
     * @param underlay rates and latencies
     * @return the nodes, in the order of the underlay
     */
    NodeContainer CreateNodes(Ptr<WanUnderlay> underlay) const;

    /**
     * @brief Make nodes with devices, IPv4 stacks and addresses. Routers become no ns-3 nodes.
     * @param underlay routers, links and routes
     * @return the nodes, in the order of the underlay
     */
    NodeContainer CreateNodes(Ptr<RoutedUnderlay> underlay) const;

    /**
     * @brief The address that CreateNodes() gives a node.
     * @param node the node of the underlay
     * @return its address
     */
    static Ipv4Address GetAddress(uint32_t node);

  private:
    /**
     * @brief Make a device on each node and attach all to a channel.
     * @param nodes one per node of the channel's underlay, in its order
     * @param channel the channel
     * @return the devices, in the order of the nodes
     */
    NetDeviceContainer Attach(const NodeContainer& nodes, Ptr<CoreChannel> channel) const;

    void EnablePcapInternal(std::string prefix,
                            Ptr<NetDevice> nd,
                            bool promiscuous,
                            bool explicitFilename) override;

    ObjectFactory m_deviceFactory;    //!< Makes the devices
    ObjectFactory m_upQueueFactory;   //!< Makes the queues in front of uplinks
    ObjectFactory m_downQueueFactory; //!< Makes the queues in front of downlinks
    ObjectFactory m_coreQueueFactory; //!< Makes the queues between routers
    bool m_flowControl{false};        //!< Whether uplinks hold back the layers above
};

template <typename... Ts>
void
WanHelper::SetUpQueue(std::string type, Ts&&... args)
{
    QueueBase::AppendItemTypeIfNotPresent(type, "Packet");
    m_upQueueFactory = ObjectFactory(type, std::forward<Ts>(args)...);
}

template <typename... Ts>
void
WanHelper::SetDownQueue(std::string type, Ts&&... args)
{
    QueueBase::AppendItemTypeIfNotPresent(type, "Packet");
    m_downQueueFactory = ObjectFactory(type, std::forward<Ts>(args)...);
}

template <typename... Ts>
void
WanHelper::SetCoreQueue(std::string type, Ts&&... args)
{
    QueueBase::AppendItemTypeIfNotPresent(type, "Packet");
    m_coreQueueFactory = ObjectFactory(type, std::forward<Ts>(args)...);
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_HELPER_H */
