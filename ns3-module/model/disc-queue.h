/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_DISC_QUEUE_H
#define MURMURATION_DISC_QUEUE_H

#include "link-queue.h"

#include "ns3/ipv4-queue-disc-item.h"
#include "ns3/packet.h"
#include "ns3/queue-disc.h"
#include "ns3/queue.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A queue of a device that is one of ns-3's queue discs: for queues behind the host, where
 * there is no traffic control layer, and for both ends of a link alike.
 *
 * Packets begin with an IPv4 header, or with a PPP header before it. Their number and bytes are
 * those of the disc; of QueueBase's counts only drops are kept, and of its traces only Drop runs.
 */
class DiscQueue : public Queue<Packet>
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Make the queue of a link: drop-tail, or a disc.
     * @param queue what it is
     * @param rate the first rate of the link
     * @return the queue
     */
    static Ptr<Queue<Packet>> CreateFor(const LinkQueue& queue, DataRate rate);

    bool Enqueue(Ptr<Packet> packet) override;
    Ptr<Packet> Dequeue() override;
    Ptr<Packet> Remove() override;
    Ptr<const Packet> Peek() const override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief The disc has dropped a packet.
     * @param item the packet
     */
    void HandleDrop(Ptr<const QueueDiscItem> item);

    Ptr<QueueDisc> m_disc; //!< Holds the packets
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_DISC_QUEUE_H */
