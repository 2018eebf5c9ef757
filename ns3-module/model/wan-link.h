/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_WAN_LINK_H
#define MURMURATION_WAN_LINK_H

#include "wan-underlay.h"

#include "ns3/callback.h"
#include "ns3/packet.h"
#include "ns3/queue.h"

namespace ns3
{
namespace murmuration
{

/**
 * @brief One direction of an access link: a queue, and the transmitter that serves it.
 *
 * The transmitter asks the underlay for its rate when it starts with a packet.
 */
class WanLink
{
  public:
    /** Runs when a packet starts to be transmitted, or has been transmitted. */
    typedef Callback<void, Ptr<Packet>> PacketCallback;

    /**
     * @brief Set what is told about each packet.
     * @param begin runs when its transmission begins
     * @param end runs when its last bit has left
     */
    void SetCallbacks(PacketCallback begin, PacketCallback end);

    /**
     * @brief Set whose rate the transmitter has.
     * @param underlay the underlay
     * @param link the directed link
     */
    void SetUnderlayLink(Ptr<const WanUnderlay> underlay, uint32_t link);

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

    /** Let go of queue, underlay and callbacks. */
    void Dispose();

  private:
    /** Begin to transmit the packet whose turn it is, if there is one. */
    void Start();

    /** The last bit of the current packet has left. */
    void Complete();

    PacketCallback m_begin;            //!< Told when a transmission begins
    PacketCallback m_end;              //!< Told when a transmission ends
    Ptr<const WanUnderlay> m_underlay; //!< Knows the rate
    uint32_t m_link{0};                //!< The directed link in the underlay
    Ptr<Queue<Packet>> m_queue;        //!< What waits
    Ptr<Packet> m_current;             //!< What is being transmitted; null when idle
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_LINK_H */
