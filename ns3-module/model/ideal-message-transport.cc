/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "ideal-message-transport.h"

#include "node-pair.h"
#include "transmission-time.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationIdealMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(IdealMessageTransport);

TypeId
IdealMessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::IdealMessageTransport")
            .SetParent<MessageTransport>()
            .SetGroupName("Murmuration")
            .AddConstructor<IdealMessageTransport>()
            .AddAttribute("SegmentSize",
                          "Payload bytes of a full segment.",
                          UintegerValue(1448),
                          MakeUintegerAccessor(&IdealMessageTransport::m_segmentSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SegmentHeaderSize",
                          "Header bytes of each segment; by default IPv4 20, TCP 20 and its "
                          "timestamp option 12.",
                          UintegerValue(52),
                          MakeUintegerAccessor(&IdealMessageTransport::m_segmentHeaderSize),
                          MakeUintegerChecker<uint32_t>());
    return tid;
}

IdealMessageTransport::IdealMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

IdealMessageTransport::~IdealMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
IdealMessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    if (m_underlay)
    {
        m_underlay->TraceDisconnectWithoutContext(
            "LinkChanged",
            MakeCallback(&IdealMessageTransport::LinkChanged, this));
    }
    m_underlay = nullptr;
    m_waiting.clear();
    MessageTransport::DoDispose();
}

void
IdealMessageTransport::SetUnderlay(Ptr<Underlay> underlay)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
    m_bytesSent.assign(underlay->GetNNodes(), 0);
    m_bytesReceived.assign(underlay->GetNNodes(), 0);
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&IdealMessageTransport::LinkChanged, this));
}

uint64_t
IdealMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, m_segmentHeaderSize);
}

uint64_t
IdealMessageTransport::GetBytesSent(uint32_t node) const
{
    return m_bytesSent.at(node);
}

uint64_t
IdealMessageTransport::GetBytesReceived(uint32_t node) const
{
    return m_bytesReceived.at(node);
}

bool
IdealMessageTransport::IsPathUp(const Message& message) const
{
    const Underlay::Route route = m_underlay->GetRoute(message.from, message.to);
    return std::all_of(route.links.begin(), route.links.end(), [this](uint32_t link) {
        return m_underlay->GetLink(link).isUp;
    });
}

Time
IdealMessageTransport::DrawTransferTime(const Message& message, Time& transmission)
{
    const Underlay::Route route = m_underlay->GetRoute(message.from, message.to);
    DataRate bottleneck = m_underlay->GetLink(route.links.front()).rate;
    Time jitter;
    for (const uint32_t link : route.links)
    {
        bottleneck = std::min(bottleneck, m_underlay->GetLink(link).rate);
        jitter += m_underlay->DrawJitter(link);
    }
    transmission = TransmissionTime(GetWireSize(message.sizeBytes), bottleneck);
    return route.latency + jitter + transmission;
}

void
IdealMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(!m_underlay,
                    "IdealMessageTransport::Send: no underlay; call SetUnderlay() first");
    if (IsPathUp(message))
    {
        Depart(message);
    }
    else
    {
        NS_LOG_LOGIC("message " << message.id << " waits for a link that is down");
        m_waiting.push_back(message);
    }
}

void
IdealMessageTransport::DoAbort(uint64_t id, uint32_t /* from */, uint32_t /* to */)
{
    m_waiting.erase(std::remove_if(m_waiting.begin(),
                                   m_waiting.end(),
                                   [id](const Message& message) { return message.id == id; }),
                    m_waiting.end());
}

void
IdealMessageTransport::Depart(const Message& message)
{
    NS_LOG_FUNCTION(this << message.id);
    const Time now = Simulator::Now();
    Time transmission;
    const Time transfer = DrawTransferTime(message, transmission);
    // A time that 64 bits do not hold is negative, or takes the clock beyond its end.
    if (transfer.IsStrictlyNegative() || transfer > Time::Max() - now)
    {
        Simulator::ScheduleNow(&IdealMessageTransport::NotifyFailed,
                               this,
                               message,
                               std::string("it would arrive beyond the time that ns-3 counts"));
        return;
    }
    Time& last = m_lastDeliveries[NodePairKey(message.from, message.to)];
    last = std::max(last, now + transfer);
    m_bytesSent.at(message.from) += GetWireSize(message.sizeBytes);
    Measure(message);
    NotifyFirstByte(message.id, last - transmission);
    Simulator::Schedule(last - now, &IdealMessageTransport::Arrive, this, message);
}

void
IdealMessageTransport::Measure(const Message& message)
{
    LinkMeter* const meter = m_underlay->GetMeter();
    if (!meter)
    {
        return;
    }
    const uint64_t size = GetWireSize(message.sizeBytes);
    for (const uint32_t link : m_underlay->GetRoute(message.from, message.to).links)
    {
        const DataRate& rate = m_underlay->GetLink(link).rate;
        meter->AddTransmission(link, size, TransmissionTime(size, rate).GetSeconds());
    }
}

void
IdealMessageTransport::LinkChanged(uint32_t /* link */)
{
    const std::vector<Message> waiting = std::exchange(m_waiting, {});
    for (const Message& message : waiting)
    {
        DoSend(message);
    }
}

void
IdealMessageTransport::Arrive(const Message& message)
{
    m_bytesReceived.at(message.to) += GetWireSize(message.sizeBytes);
    NotifyDelivered(message);
}

} // namespace murmuration
} // namespace ns3
