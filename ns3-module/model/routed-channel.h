/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_ROUTED_CHANNEL_H
#define MURMURATION_ROUTED_CHANNEL_H

#include "core-channel.h"
#include "routed-underlay.h"
#include "wan-link.h"

#include "ns3/traced-callback.h"

#include <functional>
#include <memory>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The routers of a network and the links between them, packet by packet.
 *
 * Each core link of a RoutedUnderlay is a queue and a transmitter of that link's rate, and then its
 * delay. At a router a packet is looked up in the underlay's routes and put into the queue of the
 * next link, once all of it has arrived (store and forward). That costs two events for each link,
 * and no router has a list of interfaces to search: an ns-3 node with an internet stack in its
 * place would look at all of its interfaces for every packet. So there is no time to live either,
 * nor ICMP.
 */
class RoutedChannel : public CoreChannel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    RoutedChannel();
    ~RoutedChannel() override;

    /**
     * @brief Set routers, links and routes, and make the queue of each core link. Must be called
     * once, before the first device is attached.
     * @param underlay the underlay; its routes must be computed
     * @param makeQueue makes a queue
     */
    void SetUnderlay(Ptr<RoutedUnderlay> underlay,
                     const std::function<Ptr<Queue<Packet>>()>& makeQueue);

    /**
     * @brief The queue in front of a core link.
     * @param link the link of the underlay
     * @return its queue; null if that is no core link
     */
    Ptr<Queue<Packet>> GetQueue(uint32_t link) const;

    Ptr<Underlay> GetUnderlay() const override;
    uint32_t GetUplink(uint32_t node) const override;
    uint32_t GetDownlink(uint32_t node) const override;

    /**
     * TracedCallback signature for packets on core links.
     * @param packet the packet
     * @param link the link of the underlay
     */
    typedef void (*LinkPacketCallback)(Ptr<const Packet> packet, uint32_t link);

  protected:
    void DoDispose() override;

  private:
    /** @brief One direction between two routers. */
    class CoreLink : public WanLink
    {
      public:
        /**
         * @brief Construct a link of a channel.
         * @param channel the channel
         * @param link the link of the underlay
         */
        CoreLink(RoutedChannel* channel, uint32_t link);

      private:
        void Begin(const Ptr<Packet>& packet) override;
        void End(const Ptr<Packet>& packet, Time delay) override;
        void Lose(const Ptr<Packet>& packet) override;

        RoutedChannel* m_channel; //!< The channel that it is part of
        uint32_t m_link;          //!< The link of the underlay
    };

    void DoCarry(uint32_t from, uint32_t to, Ptr<Packet> packet, Time delay) override;

    /**
     * @brief All of a packet has left on a core link.
     * @param link the link
     * @param packet the packet
     * @param delay after how long it arrives at the other end
     */
    void Propagate(uint32_t link, const Ptr<Packet>& packet, Time delay);

    /**
     * @brief All of a packet has arrived at a router that its receiver is not attached to.
     * @param router the router
     * @param packet the packet
     */
    void Forward(uint32_t router, Ptr<Packet> packet);

    /**
     * @brief Put a packet into the queue of a router's next link.
     * @param router the router
     * @param from the sending node of the underlay
     * @param to the receiving node, at another router
     * @param packet the packet
     */
    void SendOn(uint32_t router, uint32_t from, uint32_t to, const Ptr<Packet>& packet);

    Ptr<RoutedUnderlay> m_underlay;                 //!< Routers, links and routes
    std::vector<std::unique_ptr<CoreLink>> m_links; //!< By link of the underlay; null at the edge
    TracedCallback<Ptr<const Packet>, uint32_t> m_txBeginTrace; //!< Trace source PhyTxBegin
    TracedCallback<Ptr<const Packet>, uint32_t> m_dropTrace;    //!< Trace source Drop
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_ROUTED_CHANNEL_H */
