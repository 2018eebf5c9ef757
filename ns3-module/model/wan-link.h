/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_WAN_LINK_H
#define MURMURATION_WAN_LINK_H

#include "link-propagation.h"

#include "ns3/packet.h"
#include "ns3/queue.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief One direction of a link: a queue, the transmitter that serves it, and the way to the other
 * end.
 *
 * The transmitter asks the underlay for its rate when it starts with a packet. While the link is
 * down it starts with none: packets wait in the queue, which drops them when it is full; the one
 * that was being transmitted still arrives. Until it is told of a link of the underlay there is no
 * transmitter: packets pass at once.
 */
class WanLink
{
  public:
    virtual ~WanLink();

    /**
     * @brief Set whose rate, delay, jitter and loss the link has.
     * @param underlay the underlay
     * @param link the directed link
     */
    void SetUnderlayLink(Ptr<Underlay> underlay, uint32_t link);

    /**
     * @brief Set the queue.
     * @param queue the queue
     */
    void SetQueue(Ptr<Queue<Packet>> queue);

    /** @return the queue */
    Ptr<Queue<Packet>> GetQueue() const;

    /**
     * @brief Take a packet into the queue, and transmit it when its turn comes.
     * @param packet the packet
     * @return false if the queue has dropped it
     */
    bool Enqueue(Ptr<Packet> packet);

    /** Let go of queue and underlay, and listen to it no more. */
    void Dispose();

  private:
    /**
     * @brief The transmission of a packet begins.
     * @param packet the packet
     */
    virtual void Begin(const Ptr<Packet>& packet) = 0;

    /**
     * @brief The last bit of a packet has left, and will arrive.
     * @param packet the packet
     * @param delay after how long it arrives at the other end
     */
    virtual void End(const Ptr<Packet>& packet, Time delay) = 0;

    /**
     * @brief The last bit of a packet has left, and is lost on the way.
     * @param packet the packet
     */
    virtual void Lose(const Ptr<Packet>& packet) = 0;

    /** Begin to transmit the packet whose turn it is, if there is one and the link is up. */
    void Start();

    /**
     * @brief The queue has dropped a packet.
     * @param packet the packet
     */
    void HandleDrop(Ptr<const Packet> packet);

    /** Count a packet that is lost. */
    void NoteLoss() const;

    /** The link has changed in the underlay. */
    void HandleChange();

    /** The last bit of the current packet has left. */
    void Complete();

    Ptr<Underlay> m_underlay;      //!< Knows the rate, and whether the link is up
    uint32_t m_link{0};            //!< The directed link in the underlay
    LinkPropagation m_propagation; //!< The way to the other end
    Ptr<Queue<Packet>> m_queue;    //!< What waits
    Ptr<Packet> m_current;         //!< What is being transmitted; null when idle
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_LINK_H */
