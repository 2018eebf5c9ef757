/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "edge-channel.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/queue.h"
#include "ns3/trace-source-accessor.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationEdgeChannel");
NS_OBJECT_ENSURE_REGISTERED(EdgeChannel);

TypeId
EdgeChannel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::EdgeChannel")
                            .SetParent<PointToPointChannel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<EdgeChannel>()
                            .AddTraceSource("Loss",
                                            "A packet is lost, by chance or on a link that is "
                                            "down.",
                                            MakeTraceSourceAccessor(&EdgeChannel::m_lossTrace),
                                            "ns3::Packet::TracedCallback");
    return tid;
}

EdgeChannel::EdgeChannel()
{
    NS_LOG_FUNCTION(this);
}

EdgeChannel::~EdgeChannel()
{
    NS_LOG_FUNCTION(this);
}

void
EdgeChannel::DoDispose()
{
    NS_LOG_FUNCTION(this);
    if (m_underlay)
    {
        m_underlay->SetLinkListener(2 * m_edge, Callback<void>());
        m_underlay->SetLinkListener(2 * m_edge + 1, Callback<void>());
    }
    m_underlay = nullptr;
    for (LinkPropagation& propagation : m_propagation)
    {
        propagation.Dispose();
    }
    PointToPointChannel::DoDispose();
}

void
EdgeChannel::SetUnderlayEdge(Ptr<EdgeUnderlay> underlay, uint32_t edge)
{
    NS_LOG_FUNCTION(this << underlay << edge);
    NS_ABORT_MSG_IF(GetNDevices() != 2,
                    "EdgeChannel::SetUnderlayEdge: got "
                        << GetNDevices() << " devices, allowed 2; attach both first");
    m_underlay = underlay;
    m_edge = edge;
    for (uint32_t direction = 0; direction < 2; ++direction)
    {
        const uint32_t link = 2 * edge + direction;
        m_propagation[direction].SetUnderlayLink(underlay, link);
        underlay->SetLinkListener(link,
                                  MakeCallback(&EdgeChannel::SetDeviceRate, this).Bind(direction));
        SetDeviceRate(direction);
        GetSource(direction)->GetQueue()->TraceConnectWithoutContext(
            "Drop",
            MakeCallback(&EdgeChannel::NoteLoss, this).Bind(direction));
    }
}

void
EdgeChannel::NoteLoss(uint32_t direction, Ptr<const Packet> /* packet */)
{
    if (LinkMeter* const meter = m_underlay ? m_underlay->GetMeter() : nullptr)
    {
        meter->AddLoss(2 * m_edge + direction);
    }
}

void
EdgeChannel::SetDeviceRate(uint32_t direction)
{
    GetSource(direction)->SetDataRate(m_underlay->GetLink(2 * m_edge + direction).rate);
}

bool
EdgeChannel::TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime)
{
    NS_LOG_FUNCTION(this << p << src << txTime);
    const uint32_t direction = src == GetSource(0) ? 0 : 1;
    if (LinkMeter* const meter = m_underlay->GetMeter())
    {
        meter->AddTransmission(2 * m_edge + direction, p->GetSize(), txTime.GetSeconds());
    }
    const bool isUp = m_underlay->GetLink(2 * m_edge + direction).isUp;
    if (!isUp || m_propagation[direction].IsLost(p->Copy()))
    {
        NoteLoss(direction, p);
        m_lossTrace(p);
        return true;
    }
    // The channel has one delay; each packet gets its own, also where the two directions differ.
    const Time delay = m_propagation[direction].DrawDelay(txTime);
    if (delay != GetDelay())
    {
        SetAttribute("Delay", TimeValue(delay));
    }
    return PointToPointChannel::TransmitStart(p, src, txTime);
}

} // namespace murmuration
} // namespace ns3
