/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "disc-queue.h"

#include "ns3/codel-queue-disc.h"
#include "ns3/drop-tail-queue.h"
#include "ns3/fq-codel-queue-disc.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/log.h"
#include "ns3/mac48-address.h"
#include "ns3/ppp-header.h"
#include "ns3/string.h"

#include <array>
#include <string>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationDiscQueue");

NS_OBJECT_ENSURE_REGISTERED(DiscQueue);

namespace
{

/** What Linux gives each flow in turn: an MTU and a link-layer header. */
constexpr uint32_t QUANTUM = 1514;

/** PPP's number of IPv4, as PppHeader has it. */
constexpr uint16_t PPP_IPV4 = 0x0021;

/**
 * Write a time as FqCoDelQueueDisc reads it.
 * @param time the time
 * @return text
 */
std::string
ToText(Time time)
{
    return std::to_string(time.GetNanoSeconds()) + "ns";
}

/** @brief An IPv4 packet that may have had a PPP header. */
class LinkItem : public Ipv4QueueDiscItem
{
  public:
    /**
     * @brief Construct from what a device enqueues.
     * @param packet without its headers
     * @param header the IPv4 header
     * @param hasPpp whether there was a PPP header
     */
    LinkItem(Ptr<Packet> packet, const Ipv4Header& header, bool hasPpp)
        : Ipv4QueueDiscItem(packet,
                            Mac48Address::GetBroadcast(),
                            Ipv4L3Protocol::PROT_NUMBER,
                            header),
          m_hasPpp(hasPpp)
    {
    }

    /** @return the packet as it was, all headers before it */
    Ptr<Packet> Restore()
    {
        AddHeader();
        if (m_hasPpp)
        {
            PppHeader ppp;
            ppp.SetProtocol(PPP_IPV4);
            GetPacket()->AddHeader(ppp);
        }
        return GetPacket();
    }

  private:
    bool m_hasPpp; //!< Whether there was a PPP header
};

/**
 * Make the queue disc behind a queue. A function of its own, since in DiscQueue the name of the log
 * component is a private one of Queue's.
 * @param queue what is asked for: CoDel or FqCoDel
 * @return the queue disc
 */
Ptr<QueueDisc>
CreateDisc(const LinkQueue& queue)
{
    NS_LOG_FUNCTION(static_cast<int>(queue.discipline) << queue.target << queue.interval);
    if (queue.discipline == LinkQueue::Discipline::CODEL)
    {
        const auto single = CreateObject<CoDelQueueDisc>();
        single->SetAttribute("Target", TimeValue(queue.target));
        single->SetAttribute("Interval", TimeValue(queue.interval));
        return single;
    }
    const auto fair = CreateObject<FqCoDelQueueDisc>();
    fair->SetQuantum(QUANTUM);
    fair->SetAttribute("Target", StringValue(ToText(queue.target)));
    fair->SetAttribute("Interval", StringValue(ToText(queue.interval)));
    return fair;
}

} // namespace

TypeId
DiscQueue::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::DiscQueue")
                            .SetParent<Queue<Packet>>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<DiscQueue>();
    return tid;
}

Ptr<Queue<Packet>>
DiscQueue::CreateFor(const LinkQueue& queue, DataRate rate)
{
    const QueueSizeValue maxSize(queue.GetMaxSize(rate));
    if (queue.discipline == LinkQueue::Discipline::DROP_TAIL)
    {
        const auto plain = CreateObject<DropTailQueue<Packet>>();
        plain->SetAttribute("MaxSize", maxSize);
        return plain;
    }
    const auto made = CreateObject<DiscQueue>();
    made->m_disc = CreateDisc(queue);
    made->m_disc->SetAttribute("MaxSize", maxSize);
    made->m_disc->TraceConnectWithoutContext(
        "Drop",
        MakeCallback(&DiscQueue::HandleDrop, PeekPointer(made)));
    made->m_disc->Initialize();
    return made;
}

void
DiscQueue::DoDispose()
{
    if (m_disc)
    {
        m_disc->Dispose();
    }
    m_disc = nullptr;
    Queue<Packet>::DoDispose();
}

bool
DiscQueue::Enqueue(Ptr<Packet> packet)
{
    std::array<uint8_t, 1> first{};
    packet->CopyData(first.data(), first.size());
    const bool hasPpp = first[0] >> 4 != 4;
    if (hasPpp)
    {
        PppHeader ppp;
        packet->RemoveHeader(ppp);
    }
    Ipv4Header header;
    packet->RemoveHeader(header);
    return m_disc->Enqueue(Create<LinkItem>(packet, header, hasPpp));
}

Ptr<Packet>
DiscQueue::Dequeue()
{
    const Ptr<QueueDiscItem> item = m_disc->Dequeue();
    return item ? StaticCast<LinkItem>(item)->Restore() : nullptr;
}

Ptr<Packet>
DiscQueue::Remove()
{
    return Dequeue();
}

Ptr<const Packet>
DiscQueue::Peek() const
{
    const Ptr<const QueueDiscItem> item = m_disc->Peek();
    return item ? item->GetPacket() : nullptr;
}

void
DiscQueue::HandleDrop(Ptr<const QueueDiscItem> item)
{
    const auto dropped = StaticCast<const Ipv4QueueDiscItem>(item);
    const Ptr<Packet> packet = dropped->GetPacket()->Copy();
    packet->AddHeader(dropped->GetHeader());
    DropBeforeEnqueue(packet);
}

} // namespace murmuration
} // namespace ns3
