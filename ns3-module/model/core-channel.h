/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_CORE_CHANNEL_H
#define MURMURATION_CORE_CHANNEL_H

#include "underlay.h"

#include "ns3/channel.h"
#include "ns3/ipv4-address.h"
#include "ns3/packet.h"

#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

class WanNetDevice;

/**
 * @ingroup murmuration
 * @brief What lies between access links: takes each packet from the uplink of one device to the
 * downlink of the one that has the packet's IPv4 destination.
 *
 * There are no ns-3 nodes in it and no link-layer addresses; receivers are found by hash, whatever
 * the number of devices.
 */
class CoreChannel : public Channel
{
  public:
    /** In place of an access link that a device does not have. */
    static constexpr uint32_t NO_LINK = UINT32_MAX;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    CoreChannel();
    ~CoreChannel() override;

    /** @return what the channel carries packets over */
    virtual Ptr<Underlay> GetUnderlay() const = 0;

    /**
     * @brief The link from a node to the core.
     * @param node the node of the underlay
     * @return the link; NO_LINK if there is none, and packets enter the core at once
     */
    virtual uint32_t GetUplink(uint32_t node) const = 0;

    /**
     * @brief The link to a node from the core.
     * @param node the node of the underlay
     * @return the link; NO_LINK if there is none
     */
    virtual uint32_t GetDownlink(uint32_t node) const = 0;

    /**
     * @brief Attach the device of the next node of the underlay; aborts if the underlay has no
     * further node.
     * @param device the device
     * @return the node of the underlay that the device stands for
     */
    uint32_t Add(Ptr<WanNetDevice> device);

    /**
     * @brief Take a packet to the downlink of its receiver.
     * @param from the sending node of the underlay
     * @param packet the packet; it begins with an IPv4 header
     * @param delay after how long it enters the core
     * @return false if no attached device has its destination address
     */
    bool Carry(uint32_t from, Ptr<Packet> packet, Time delay);

    std::size_t GetNDevices() const override;
    Ptr<NetDevice> GetDevice(std::size_t i) const override;

  protected:
    void DoDispose() override;

    /** @brief Addresses of a packet. */
    struct Addresses
    {
        Ipv4Address source;      //!< Of the sender
        Ipv4Address destination; //!< Of the receiver
    };

    /**
     * @brief Read the addresses of a packet, and no more of it.
     * @param packet the packet; it begins with an IPv4 header
     * @return the addresses
     */
    static Addresses PeekAddresses(const Packet& packet);

    /**
     * @brief Find the device that has an address.
     * @param address the address
     * @return the node of the underlay, or GetNDevices() if no device has it
     */
    uint32_t Find(Ipv4Address address);

    /**
     * @brief The device of a node.
     * @param node a node of the underlay that has one
     * @return the device
     */
    const Ptr<WanNetDevice>& GetReceiver(uint32_t node) const;

    /**
     * @brief Let a packet arrive at the downlink of a node.
     * @param to the node
     * @param delay after how long
     * @param packet the packet
     */
    void Deliver(uint32_t to, Time delay, Ptr<Packet> packet);

  private:
    /**
     * @brief Take a packet through the core.
     * @param from the sending node of the underlay
     * @param to the receiving node
     * @param packet the packet
     * @param delay after how long it enters the core
     */
    virtual void DoCarry(uint32_t from, uint32_t to, Ptr<Packet> packet, Time delay) = 0;

    /** Read the addresses of all devices from their Ipv4 stacks. */
    void LearnAddresses();

    std::vector<Ptr<WanNetDevice>> m_devices;           //!< By node of the underlay
    std::unordered_map<uint32_t, uint32_t> m_addresses; //!< Node of the underlay by IPv4 address
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_CORE_CHANNEL_H */
