/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "routed-channel.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/trace-source-accessor.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationRoutedChannel");
NS_OBJECT_ENSURE_REGISTERED(RoutedChannel);

TypeId
RoutedChannel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::RoutedChannel")
            .SetParent<CoreChannel>()
            .SetGroupName("Murmuration")
            .AddConstructor<RoutedChannel>()
            .AddTraceSource("PhyTxBegin",
                            "A packet starts on a core link.",
                            MakeTraceSourceAccessor(&RoutedChannel::m_txBeginTrace),
                            "ns3::murmuration::RoutedChannel::LinkPacketCallback")
            .AddTraceSource("Drop",
                            "A packet was not taken into the queue of a core link, or was "
                            "lost on it.",
                            MakeTraceSourceAccessor(&RoutedChannel::m_dropTrace),
                            "ns3::murmuration::RoutedChannel::LinkPacketCallback");
    return tid;
}

RoutedChannel::CoreLink::CoreLink(RoutedChannel* channel, uint32_t link)
    : m_channel(channel),
      m_link(link)
{
}

void
RoutedChannel::CoreLink::Begin(const Ptr<Packet>& packet)
{
    m_channel->m_txBeginTrace(packet, m_link);
}

void
RoutedChannel::CoreLink::End(const Ptr<Packet>& packet, Time delay)
{
    m_channel->Propagate(m_link, packet, delay);
}

void
RoutedChannel::CoreLink::Lose(const Ptr<Packet>& packet)
{
    m_channel->m_dropTrace(packet, m_link);
}

RoutedChannel::RoutedChannel()
{
    NS_LOG_FUNCTION(this);
}

RoutedChannel::~RoutedChannel()
{
    NS_LOG_FUNCTION(this);
}

void
RoutedChannel::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_links.clear();
    m_underlay = nullptr;
    CoreChannel::DoDispose();
}

void
RoutedChannel::SetUnderlay(Ptr<RoutedUnderlay> underlay,
                           const std::function<Ptr<Queue<Packet>>()>& makeQueue)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
    m_links.resize(underlay->GetNLinks());
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        if (underlay->GetLinkPlace(link) == Underlay::LinkPlace::CORE)
        {
            m_links[link] = std::make_unique<CoreLink>(this, link);
            m_links[link]->SetUnderlayLink(underlay, link);
            m_links[link]->SetQueue(makeQueue());
        }
    }
}

Ptr<Queue<Packet>>
RoutedChannel::GetQueue(uint32_t link) const
{
    return m_links.at(link) ? m_links[link]->GetQueue() : nullptr;
}

Ptr<Underlay>
RoutedChannel::GetUnderlay() const
{
    return m_underlay;
}

uint32_t
RoutedChannel::GetUplink(uint32_t node) const
{
    static_assert(NO_LINK == RoutedUnderlay::NO_LINK);
    return m_underlay->GetUplink(node);
}

uint32_t
RoutedChannel::GetDownlink(uint32_t node) const
{
    return m_underlay->GetDownlink(node);
}

void
RoutedChannel::DoCarry(uint32_t from, uint32_t to, Ptr<Packet> packet, Time delay)
{
    const uint32_t router = m_underlay->GetRouter(from);
    if (router == m_underlay->GetRouter(to))
    {
        Deliver(to, delay, packet);
    }
    else if (m_underlay->GetUplink(from) == NO_LINK)
    {
        SendOn(router, from, to, packet);
    }
    else
    {
        Simulator::Schedule(delay, &RoutedChannel::Forward, this, router, packet);
    }
}

void
RoutedChannel::Propagate(uint32_t link, const Ptr<Packet>& packet, Time delay)
{
    const uint32_t router = m_underlay->GetEnd(link);
    const uint32_t to = Find(PeekAddresses(*packet).destination);
    if (router == m_underlay->GetRouter(to))
    {
        Deliver(to, delay, packet);
    }
    else
    {
        Simulator::Schedule(delay, &RoutedChannel::Forward, this, router, packet);
    }
}

void
RoutedChannel::Forward(uint32_t router, Ptr<Packet> packet)
{
    const auto [source, destination] = PeekAddresses(*packet);
    SendOn(router, Find(source), Find(destination), packet);
}

void
RoutedChannel::SendOn(uint32_t router, uint32_t from, uint32_t to, const Ptr<Packet>& packet)
{
    const uint32_t link = m_underlay->GetNextLink(router, from, to);
    NS_ABORT_MSG_IF(link == NO_LINK,
                    "RoutedChannel: no route from node " << from << " to node " << to);
    if (!m_links[link]->Enqueue(packet))
    {
        m_dropTrace(packet, link);
    }
}

} // namespace murmuration
} // namespace ns3
