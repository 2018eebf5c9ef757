/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_WAN_NET_DEVICE_H
#define MURMURATION_WAN_NET_DEVICE_H

#include "wan-link.h"

#include "ns3/data-rate.h"
#include "ns3/error-model.h"
#include "ns3/mac48-address.h"
#include "ns3/net-device.h"
#include "ns3/traced-callback.h"

namespace ns3
{
namespace murmuration
{

class CoreChannel;

/**
 * @ingroup murmuration
 * @brief The access link of a node to a WanChannel or a RoutedChannel: an uplink and a downlink,
 * each with a rate and a queue.
 *
 *     Send -> UpQueue -> up rate -> channel -> DownQueue -> down rate -> Receive
 *
 * A packet costs three events beside those of the channel's routers: the end of its transmission
 * on the uplink, its arrival at the downlink, and the end of its transmission there; one more where
 * the downlink has a delay of its own. Rates, delays, jitter, loss and presence of the links are
 * those of the channel's underlay; where it gives a node no access link, packets enter and leave
 * the channel at once. The device carries bare IPv4 packets, as a tun device does: there is no
 * link-layer header, no ARP, no broadcast, and the link-layer destination that Send() is given is
 * not looked at. Everything but IPv4 is dropped.
 */
class WanNetDevice : public NetDevice
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    WanNetDevice();
    ~WanNetDevice() override;

    /**
     * @brief Attach to a channel, as the next node of its underlay. The queues must be set.
     * @param channel the channel
     */
    void Attach(Ptr<CoreChannel> channel);

    /**
     * @brief A packet arrives at the downlink.
     * @param packet the packet
     */
    void Receive(Ptr<Packet> packet);

    /**
     * @brief Change the rate of the uplink, in the underlay, from the next packet on.
     * @param rate its new rate
     */
    void SetUpRate(DataRate rate);

    /**
     * @brief Change the rate of the downlink, in the underlay, from the next packet on.
     * @param rate its new rate
     */
    void SetDownRate(DataRate rate);

    /**
     * @brief Set the queue of the uplink.
     * @param queue the queue
     */
    void SetUpQueue(Ptr<Queue<Packet>> queue);

    /** @return the queue of the uplink */
    Ptr<Queue<Packet>> GetUpQueue() const;

    /**
     * @brief Set the queue of the downlink.
     * @param queue the queue
     */
    void SetDownQueue(Ptr<Queue<Packet>> queue);

    /** @return the queue of the downlink */
    Ptr<Queue<Packet>> GetDownQueue() const;

    // Inherited from NetDevice
    void SetIfIndex(const uint32_t index) override;
    uint32_t GetIfIndex() const override;
    Ptr<Channel> GetChannel() const override;
    void SetAddress(Address address) override;
    Address GetAddress() const override;
    bool SetMtu(const uint16_t mtu) override;
    uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(Callback<void> callback) override;
    bool IsBroadcast() const override;
    Address GetBroadcast() const override;
    bool IsMulticast() const override;
    Address GetMulticast(Ipv4Address multicastGroup) const override;
    Address GetMulticast(Ipv6Address addr) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    bool Send(Ptr<Packet> packet, const Address& dest, uint16_t protocolNumber) override;
    bool SendFrom(Ptr<Packet> packet,
                  const Address& source,
                  const Address& dest,
                  uint16_t protocolNumber) override;
    Ptr<Node> GetNode() const override;
    void SetNode(Ptr<Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(NetDevice::ReceiveCallback cb) override;
    void SetPromiscReceiveCallback(NetDevice::PromiscReceiveCallback cb) override;
    bool SupportsSendFrom() const override;

  protected:
    void DoDispose() override;

  private:
    /** @brief The way from the node to the channel. */
    class Uplink : public WanLink
    {
      public:
        /**
         * @brief Construct the uplink of a device.
         * @param device the device
         */
        explicit Uplink(WanNetDevice* device);

      private:
        void Begin(const Ptr<Packet>& packet) override;
        void End(const Ptr<Packet>& packet, Time delay) override;
        void Lose(const Ptr<Packet>& packet) override;

        WanNetDevice* m_device; //!< The device that it is part of
    };

    /** @brief The way from the channel to the node. */
    class Downlink : public WanLink
    {
      public:
        /**
         * @brief Construct the downlink of a device.
         * @param device the device
         */
        explicit Downlink(WanNetDevice* device);

      private:
        void Begin(const Ptr<Packet>& packet) override;
        void End(const Ptr<Packet>& packet, Time delay) override;
        void Lose(const Ptr<Packet>& packet) override;

        WanNetDevice* m_device; //!< The device that it is part of
    };

    /**
     * @brief Change the rate of a link in the underlay.
     * @param link the link; aborts if the device does not have it
     * @param rate its new rate
     */
    void SetRate(uint32_t link, DataRate rate);

    /**
     * @brief The last bit of a packet arrives at the node.
     * @param packet the packet
     */
    void Arrive(Ptr<Packet> packet);

    /**
     * @brief Give a received packet to the node.
     * @param packet the packet
     */
    void PassUp(const Ptr<Packet>& packet);

    Ptr<Node> m_node;                         //!< The node that the device is part of
    Ptr<CoreChannel> m_channel;               //!< What the device is attached to
    uint32_t m_index{0};                      //!< The node of the underlay that it stands for
    uint32_t m_ifIndex{0};                    //!< Its place among the devices of the node
    uint16_t m_mtu;                           //!< Largest IPv4 packet
    Mac48Address m_address;                   //!< Only a name: no packet carries it
    Uplink m_up;                              //!< The uplink
    Downlink m_down;                          //!< The downlink
    Ptr<ErrorModel> m_receiveErrorModel;      //!< Loses packets on arrival
    TracedCallback<> m_linkChangeTrace;       //!< Runs when the device is attached
    ReceiveCallback m_rxCallback;             //!< Takes packets up the stack
    PromiscReceiveCallback m_promiscCallback; //!< Takes packets to promiscuous listeners

    TracedCallback<Ptr<const Packet>> m_macTxTrace;        //!< Trace source MacTx
    TracedCallback<Ptr<const Packet>> m_macTxDropTrace;    //!< Trace source MacTxDrop
    TracedCallback<Ptr<const Packet>> m_macPromiscRxTrace; //!< Trace source MacPromiscRx
    TracedCallback<Ptr<const Packet>> m_macRxTrace;        //!< Trace source MacRx
    TracedCallback<Ptr<const Packet>> m_phyTxBeginTrace;   //!< Trace source PhyTxBegin
    TracedCallback<Ptr<const Packet>> m_phyTxEndTrace;     //!< Trace source PhyTxEnd
    TracedCallback<Ptr<const Packet>> m_phyTxDropTrace;    //!< Trace source PhyTxDrop
    TracedCallback<Ptr<const Packet>> m_phyRxBeginTrace;   //!< Trace source PhyRxBegin
    TracedCallback<Ptr<const Packet>> m_phyRxEndTrace;     //!< Trace source PhyRxEnd
    TracedCallback<Ptr<const Packet>> m_phyRxDropTrace;    //!< Trace source PhyRxDrop
    TracedCallback<Ptr<const Packet>> m_snifferTrace;      //!< Trace source Sniffer
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_NET_DEVICE_H */
