/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-message-transport.h"

#include "edge-underlay.h"
#include "enum-member-accessor.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/make-event.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(FlowMessageTransport);

namespace
{

/** Rounds that a message may have beyond twice its segments: no more than rounding explains. */
constexpr double SPARE_ROUNDS = 16;

/**
 * Count a round that is over. Each lets a segment through at least, so that a message has no more
 * rounds than segments, and no instant more events than that.
 * @param passage the message that is being sent
 * @param least what a round sends at least, in bytes
 */
void
CountRound(FlowPassage& passage, double least)
{
    ++passage.nRounds;
    const double most = SPARE_ROUNDS + 2 * static_cast<double>(passage.wireBytes) / least;
    NS_ABORT_MSG_IF(static_cast<double>(passage.nRounds) > most,
                    "FlowMessageTransport: a message of "
                        << passage.wireBytes << " bytes from node " << passage.message.from
                        << " to node " << passage.message.to << " does not end in "
                        << passage.nRounds << " rounds");
}

} // namespace

TypeId
FlowMessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::FlowMessageTransport")
            .SetParent<MessageTransport>()
            .SetGroupName("Murmuration")
            .AddConstructor<FlowMessageTransport>()
            .AddAttribute("SegmentSize",
                          "Payload bytes of a full segment.",
                          UintegerValue(1448),
                          MakeUintegerAccessor(&FlowMessageTransport::m_segmentSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SegmentHeaderSize",
                          "Header bytes of each segment and size of an acknowledgement; by default "
                          "IPv4 20, TCP 20 and its timestamp option 12.",
                          UintegerValue(52),
                          MakeUintegerAccessor(&FlowMessageTransport::m_segmentHeaderSize),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("InitialCwnd",
                          "Initial congestion window, in segments [RFC 6928].",
                          UintegerValue(10),
                          MakeUintegerAccessor(&FlowMessageTransport::m_initialCwnd),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SndBufSize",
                          "Send buffer of each connection, in bytes: the largest window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&FlowMessageTransport::m_sendBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("RcvBufSize",
                          "Receive buffer of each connection, in bytes: the largest window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&FlowMessageTransport::m_receiveBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DelAckCount",
                          "Full segments per acknowledgement.",
                          UintegerValue(2),
                          MakeUintegerAccessor(&FlowMessageTransport::m_delAckCount),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DelAckTimeout",
                          "How long an acknowledgement waits for a second segment.",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&FlowMessageTransport::m_delAckTimeout),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("IdleTimeout",
                          "How long a connection is kept after its last message has been sent, at "
                          "least. It is dropped, without bytes of its own, when another one is "
                          "opened later.",
                          TimeValue(Seconds(30)),
                          MakeTimeAccessor(&FlowMessageTransport::m_idleTimeout),
                          MakeTimeChecker(Time(1)))
            .AddAttribute("QueueSize",
                          "Segments that wait in front of a link at most, where the "
                          "underlay does not say.",
                          UintegerValue(1000),
                          MakeUintegerAccessor(&FlowMessageTransport::m_queueSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("QueueDiscipline",
                          "How uplinks serve what waits, where the underlay does not say. Fifo: "
                          "drop-tail, by which connections share a link as they have segments "
                          "under way. Fair: by which they share it equally.",
                          EnumValue(FlowMessageTransport::FIFO),
                          MakeEnumMemberAccessor(&FlowMessageTransport::m_discipline),
                          MakeEnumChecker(FlowMessageTransport::FIFO,
                                          "Fifo",
                                          FlowMessageTransport::FAIR,
                                          "Fair"));
    return tid;
}

FlowMessageTransport::FlowMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

FlowMessageTransport::~FlowMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
FlowMessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    if (m_underlay)
    {
        m_underlay->TraceDisconnectWithoutContext(
            "LinkChanged",
            MakeCallback(&FlowMessageTransport::LinkChanged, this));
    }
    m_underlay = nullptr;
    m_settle.Cancel();
    m_next.Cancel();
    MessageTransport::DoDispose();
}

void
FlowMessageTransport::SetUnderlay(Ptr<Underlay> underlay)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
    m_delivery =
        std::make_unique<FlowDelivery>(underlay,
                                       m_events,
                                       MakeCallback(&FlowMessageTransport::NotifyDelivered, this));
    m_begun.assign(underlay->GetNLinks(), {});
    m_links = std::make_unique<FlowLinks>(underlay);
    std::vector<double> capacities;
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        capacities.push_back(m_links->GetCapacity(link));
    }
    m_network = std::make_unique<FluidNetwork>(capacities);
    m_losses = std::make_unique<SegmentLosses>(underlay);
    m_waiting = std::make_unique<FlowQueues>(*m_network, *m_links);
    m_handshakes = std::make_unique<FlowHandshakes>(
        *m_links,
        *m_waiting,
        *m_losses,
        m_events,
        m_segment,
        MakeCallback(&FlowMessageTransport::HandleHandshake, this));
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&FlowMessageTransport::LinkChanged, this));
}

void
FlowMessageTransport::SetTcpSettings(const TcpSettings& settings)
{
    TcpSettings known;
    known.initialWindow = settings.initialWindow;
    NS_ABORT_MSG_IF(!(settings == known),
                    "FlowMessageTransport::SetTcpSettings: flow knows no setting of TCP but the "
                    "initial window");
    m_initialCwnd = settings.initialWindow;
}

uint64_t
FlowMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, m_segmentHeaderSize);
}

void
FlowMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(!m_underlay,
                    "FlowMessageTransport::Send: no underlay; call SetUnderlay() first");
    const uint32_t index = FindConnection(message.from, message.to);
    FlowConnection& connection = *m_connections[index];
    connection.waiting.push_back(message);
    if (connection.waiting.size() > 1 || connection.isConnecting)
    {
        return;
    }
    if (connection.isOpen)
    {
        StartMessage(index);
        return;
    }
    BeginHandshake(index);
}

void
FlowMessageTransport::BeginHandshake(uint32_t index)
{
    NS_LOG_FUNCTION(this << index);
    FlowConnection& connection = *m_connections[index];
    if (connection.waiting.empty())
    {
        connection.Reset(); // All was taken back before this attempt.
        return;
    }
    connection.isConnecting = true;
    ReadPath(connection, connection.waiting.front());
    m_handshakes->Begin(connection);
}

void
FlowMessageTransport::HandleHandshake(uint32_t index, FlowHandshakes::Outcome outcome)
{
    FlowConnection& connection = *m_connections[index];
    switch (outcome)
    {
    case FlowHandshakes::Outcome::TIMED_OUT:
        GiveUp(index, "the connection attempt timed out");
        return;
    case FlowHandshakes::Outcome::LOST:
        BeginHandshake(index);
        return;
    case FlowHandshakes::Outcome::ANSWERED:
        break;
    }
    connection.window.SetHandshake(connection.handshake);
    connection.isOpen = true;
    connection.isConnecting = false;
    if (connection.waiting.empty())
    {
        connection.handshake = 0;
        return;
    }
    StartMessage(index);
}

void
FlowMessageTransport::StartMessage(uint32_t index)
{
    NS_LOG_FUNCTION(this << index);
    FlowConnection& connection = *m_connections[index];
    const Message& message = connection.waiting.front();
    ReadPath(connection, message);
    // One acknowledgement for so many segments.
    const uint64_t segments =
        (message.sizeBytes + GetFrameHeaderSize() + m_segmentSize - 1) / m_segmentSize;
    FlowPassage& passage = connection.underway.emplace_back();
    passage.message = message;
    passage.path = connection.path;
    passage.wireBytes = GetWireSize(message.sizeBytes);
    passage.acknowledgingBytes =
        (segments + m_delAckCount - 1) / m_delAckCount * m_segmentHeaderSize;
    const double now = SecondsNow();
    passage.began = now - std::exchange(connection.handshake, 0);
    connection.flow = m_network->Start(connection.path->forth,
                                       static_cast<double>(GetWireSize(message.sizeBytes)),
                                       now,
                                       connection.path->back);
    connection.isSending = true;
    AcknowledgeBefore(connection, now);
    if (connection.lastSent >= 0)
    {
        connection.window.Restart(now - connection.lastSent);
    }
    connection.round = FlowRound{};
    connection.round.order = m_nRounds++;
    SetFlowOf(connection, connection.path->forth.front());
    Begin(connection);
    ScheduleSettle();
}

void
FlowMessageTransport::FinishMessage(uint32_t index, double now)
{
    FlowConnection& connection = *m_connections[index];
    FlowPassage& passage = connection.underway.back();
    EndRound(connection, now);
    connection.waiting.pop_front();
    // A round that would have begun at this very instant has nothing left to send.
    DropBeginning(connection);
    m_network->End(connection.flow, now);
    connection.isSending = false;
    connection.lastSent = now;
    m_delivery->CountSent(passage);
    passage.isSent = true;
    connection.straggles = false;
    if (!passage.isFollowed || m_links->HaveChanged(passage.path->forth, passage.followedSince))
    {
        passage.isFollowed = false;
        const FlowPath& path = *passage.path;
        m_delivery->Schedule(connection,
                             passage,
                             std::max(now, passage.earliest) + path.latencyForth + path.lastHops);
    }
    FlowDelivery::Forget(connection.underway);
    if (!connection.waiting.empty())
    {
        StartMessage(index);
    }
    ScheduleSettle();
}

void
FlowMessageTransport::HandleFollowed(uint32_t index, uint64_t id)
{
    std::list<FlowPassage>& underway = m_connections[index]->underway;
    const auto found =
        std::find_if(underway.begin(), underway.end(), [id](const FlowPassage& passage) {
            return passage.message.id == id;
        });
    if (found == underway.end() || !found->isFollowed)
    {
        return;
    }
    // What the queues know of a link that has changed since is wrong. The fluid knows better.
    if (!found->isSent && m_links->HaveChanged(found->path->forth, found->followedSince))
    {
        found->isFollowed = false;
        return;
    }
    if (!found->isSent)
    {
        TellFirstByte(*m_connections[index], *found, SecondsNow());
    }
    m_delivery->CountSent(*found);
    m_delivery->Schedule(*m_connections[index], *found, SecondsNow());
}

void
FlowMessageTransport::Begin(FlowConnection& connection)
{
    connection.isBeginning = true;
    m_beginning.push_back(connection.index);
}

void
FlowMessageTransport::DropBeginning(FlowConnection& connection)
{
    if (connection.isBeginning)
    {
        connection.isBeginning = false;
        m_beginning.erase(std::remove(m_beginning.begin(), m_beginning.end(), connection.index),
                          m_beginning.end());
    }
}

void
FlowMessageTransport::ScheduleSettle()
{
    if (m_settle.IsExpired())
    {
        if (!m_settling)
        {
            m_settling = Ptr<EventImpl>(MakeEvent(&FlowMessageTransport::Settle, this), false);
        }
        m_settle = Simulator::Schedule(Time(0), m_settling);
    }
}

void
FlowMessageTransport::Settle()
{
    const double now = SecondsNow();
    BeginRounds();
    m_network->SetExactUse(m_underlay->GetMeter() != nullptr);
    m_network->Resolve(now);
    m_waiting->Look();
    Measure();
    for (const uint32_t index : m_beginning)
    {
        FlowConnection& connection = *m_connections[index];
        connection.isBeginning = false;
        ScheduleNextRound(connection);
    }
    m_beginning.clear();
    m_network->Reschedule();
    const double next = m_network->GetNextTime();
    if (next < m_nextTime)
    {
        if (m_nextTime != FluidNetwork::NEVER)
        {
            // It is canceled with that, for good.
            Simulator::Remove(m_next);
            m_handling = nullptr;
        }
        if (!m_handling)
        {
            m_handling =
                Ptr<EventImpl>(MakeEvent(&FlowMessageTransport::HandleEvents, this), false);
        }
        m_nextTime = next;
        m_next = Simulator::Schedule(
            NanoSeconds(std::llround(std::max(0.0, std::ceil((next - now) * 1e9)))),
            m_handling);
    }
}

void
FlowMessageTransport::Measure()
{
    LinkMeter* const meter = m_underlay->GetMeter();
    if (!meter)
    {
        return;
    }
    const MaxMinSolver& solver = m_network->GetSolver();
    const double now = Simulator::Now().GetSeconds();
    for (const uint32_t link : solver.GetWorkedLinks())
    {
        const double rate = solver.GetUse(link) + solver.GetTaken(link);
        const double capacity = solver.GetCapacity(link);
        meter->SetFlow(link, rate, capacity > 0 ? rate / capacity : 0, now);
    }
}

void
FlowMessageTransport::HandleEvents()
{
    m_nextTime = FluidNetwork::NEVER;
    const double now = SecondsNow();
    FluidNetwork::Event event{};
    while (m_network->TakeEvent(now, event))
    {
        const uint32_t index = m_byFlow[event.flow];
        if (event.isFinished)
        {
            FinishMessage(index, now);
        }
        else
        {
            FlowConnection& connection = *m_connections[index];
            CountRound(connection.underway.back(),
                       std::min(m_segment.GetSize(), connection.sizes.largest));
            EndRound(connection, now);
            if (connection.round.pause > 0)
            {
                Pause(connection, connection.round.pause);
                LimitRate(connection, 0, now);
                continue;
            }
            Begin(connection);
        }
    }
    if (m_settle.IsExpired())
    {
        Settle();
    }
}

void
FlowMessageTransport::LinkChanged(uint32_t link)
{
    NS_LOG_FUNCTION(this << link);
    const double before = m_network->GetSolver().GetCapacity(link);
    m_links->Change(link, SecondsNow());
    m_network->SetCapacity(link, m_links->GetCapacity(link));
    const bool isUp = (*m_links)[link].isUp;
    const bool isSlowed = isUp && 2 * m_links->GetCapacity(link) < before;
    // Point to point, what is under way is lost with the link.
    const bool isCutting = !isUp && DynamicCast<EdgeUnderlay>(m_underlay) != nullptr;
    // Whose segments or acknowledgements it carries has another round-trip time now.
    const auto rearm = [this](uint32_t flow) { Rearm(m_byFlow[flow]); };
    m_network->GetSolver().ForEachFlow(link, [&](uint32_t flow) {
        rearm(flow);
        FlowConnection& connection = *m_connections[m_byFlow[flow]];
        if (isCutting)
        {
            CountDoubtful(connection, FlowDoubt::CUT_LINK);
        }
        // What waits in an outage ends slow start, or does not, by a few segments.
        if (isSlowed || (!isUp && connection.window.IsSlowStart()))
        {
            CountDoubtful(connection, FlowDoubt::SLOWED_LINK);
        }
    });
    if (const uint32_t opposite = m_underlay->GetOpposite(link); opposite != Underlay::NO_LINK)
    {
        m_network->GetSolver().ForEachFlow(opposite, rearm);
    }
    for (const uint32_t index : m_stalled)
    {
        m_connections[index]->isStalled = false;
        Rearm(index);
    }
    m_stalled.clear();
    if (isUp)
    {
        m_handshakes->Resume(link);
    }
    ScheduleSettle();
}

uint64_t
FlowMessageTransport::GetBytesSent(uint32_t node) const
{
    return m_delivery->GetBytesSent(node);
}

uint64_t
FlowMessageTransport::GetBytesReceived(uint32_t node) const
{
    return m_delivery->GetBytesReceived(node);
}

DoubtsByReason
FlowMessageTransport::GetDoubts() const
{
    return m_doubts.Get();
}

} // namespace murmuration
} // namespace ns3
