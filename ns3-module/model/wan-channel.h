/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_WAN_CHANNEL_H
#define MURMURATION_WAN_CHANNEL_H

#include "wan-underlay.h"

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
 * @brief The core of a wide-area network: takes each packet from the uplink of one device to the
 * downlink of the one that has the packet's IPv4 destination, after the latency between the two.
 *
 * The core has no limit of its own, no router and no link-layer addresses; a packet costs one
 * event and one hash lookup, whatever the number of devices.
 */
class WanChannel : public Channel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    WanChannel();
    ~WanChannel() override;

    /**
     * @brief Set rates and latencies. Must be called before the first device is attached.
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<WanUnderlay> underlay);

    /** @return rates and latencies */
    Ptr<WanUnderlay> GetUnderlay() const;

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
     * @return false if no attached device has its destination address
     */
    bool Carry(uint32_t from, Ptr<Packet> packet);

    std::size_t GetNDevices() const override;
    Ptr<NetDevice> GetDevice(std::size_t i) const override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Find the device that has an address.
     * @param address the address
     * @return the node of the underlay, or GetNDevices() if no device has it
     */
    uint32_t Find(Ipv4Address address);

    /** Read the addresses of all devices from their Ipv4 stacks. */
    void LearnAddresses();

    Ptr<WanUnderlay> m_underlay;                        //!< Rates and latencies
    std::vector<Ptr<WanNetDevice>> m_devices;           //!< By node of the underlay
    std::unordered_map<uint32_t, uint32_t> m_addresses; //!< Node of the underlay by IPv4 address
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_CHANNEL_H */
