/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_WAN_LINK_H
#define MURMURATION_WAN_LINK_H

#include "underlay.h"

#include "ns3/packet.h"
#include "ns3/queue.h"

namespace ns3
{
namespace murmuration
{

/**
 * @brief One direction of a link: a queue, and the transmitter that serves it.
 *
 * The transmitter asks the underlay for its rate when it starts with a packet. Until it is told of
 * a link of the underlay there is none: packets pass at once.
 */
class WanLink
{
  public:
    virtual ~WanLink();

    /**
     * @brief Set whose rate the transmitter has.
     * @param underlay the underlay
     * @param link the directed link
     */
    void SetUnderlayLink(Ptr<const Underlay> underlay, uint32_t link);

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

    /** Let go of queue and underlay. */
    void Dispose();

  private:
    /**
     * @brief The transmission of a packet begins.
     * @param packet the packet
     */
    virtual void Begin(const Ptr<Packet>& packet) = 0;

    /**
     * @brief The last bit of a packet has left.
     * @param packet the packet
     */
    virtual void End(const Ptr<Packet>& packet) = 0;

    /** Begin to transmit the packet whose turn it is, if there is one. */
    void Start();

    /** The last bit of the current packet has left. */
    void Complete();

    Ptr<const Underlay> m_underlay; //!< Knows the rate
    uint32_t m_link{0};             //!< The directed link in the underlay
    Ptr<Queue<Packet>> m_queue;     //!< What waits
    Ptr<Packet> m_current;          //!< What is being transmitted; null when idle
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_LINK_H */
