/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "wan-link.h"

#include "transmission-time.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationWanLink");

WanLink::~WanLink()
{
    Dispose();
}

void
WanLink::SetUnderlayLink(Ptr<Underlay> underlay, uint32_t link)
{
    NS_LOG_FUNCTION(this << underlay << link);
    m_underlay = underlay;
    m_link = link;
    m_propagation.SetUnderlayLink(underlay, link);
    underlay->SetLinkListener(link, MakeCallback(&WanLink::HandleChange, this));
}

void
WanLink::SetQueue(Ptr<Queue<Packet>> queue)
{
    NS_LOG_FUNCTION(this << queue);
    const auto drop = MakeCallback(&WanLink::HandleDrop, this);
    if (m_queue)
    {
        m_queue->TraceDisconnectWithoutContext("Drop", drop);
    }
    m_queue = queue;
    if (m_queue)
    {
        m_queue->TraceConnectWithoutContext("Drop", drop);
    }
}

void
WanLink::HandleDrop(Ptr<const Packet> /* packet */)
{
    NS_LOG_FUNCTION(this << m_link);
    NoteLoss();
}

void
WanLink::NoteLoss() const
{
    if (LinkMeter* const meter = m_underlay ? m_underlay->GetMeter() : nullptr)
    {
        meter->AddLoss(m_link);
    }
}

Ptr<Queue<Packet>>
WanLink::GetQueue() const
{
    return m_queue;
}

bool
WanLink::Enqueue(Ptr<Packet> packet)
{
    if (!m_underlay)
    {
        Begin(packet);
        End(packet, Time(0));
        return true;
    }
    // An idle link takes the packet through the queue as well, so that its traces see every one.
    if (!m_queue->Enqueue(packet))
    {
        return false;
    }
    if (!m_current)
    {
        Start();
    }
    return true;
}

void
WanLink::Start()
{
    if (!m_underlay->GetLink(m_link).isUp)
    {
        return;
    }
    m_current = m_queue->Dequeue();
    if (!m_current)
    {
        return;
    }
    Begin(m_current);
    const Time duration = TransmissionTime(m_current->GetSize(), m_underlay->GetLink(m_link).rate);
    if (LinkMeter* const meter = m_underlay->GetMeter())
    {
        meter->AddTransmission(m_link, m_current->GetSize(), duration.GetSeconds());
    }
    Simulator::Schedule(duration, &WanLink::Complete, this);
}

void
WanLink::Complete()
{
    const Ptr<Packet> packet = std::exchange(m_current, nullptr);
    if (m_propagation.IsLost(packet))
    {
        NS_LOG_LOGIC("link " << m_link << " loses packet " << packet->GetUid());
        NoteLoss();
        Lose(packet);
    }
    else
    {
        End(packet, m_propagation.DrawDelay());
    }
    // What ran in there may have found the link idle and started it again.
    if (!m_current)
    {
        Start();
    }
}

void
WanLink::HandleChange()
{
    NS_LOG_FUNCTION(this);
    if (!m_current)
    {
        Start();
    }
}

void
WanLink::Dispose()
{
    NS_LOG_FUNCTION(this);
    if (m_underlay)
    {
        m_underlay->SetLinkListener(m_link, Callback<void>());
    }
    m_underlay = nullptr;
    m_propagation.Dispose();
    SetQueue(nullptr);
    m_current = nullptr;
}

} // namespace murmuration
} // namespace ns3
