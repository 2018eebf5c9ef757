/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flow-message-transport.h"

#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(FlowMessageTransport);

namespace
{

/**
 * How long bytes occupy a link.
 * @param bytes the bytes
 * @param link the link
 * @return seconds
 */
double
TransmissionSeconds(double bytes, const Underlay::Link& link)
{
    return 8 * bytes / static_cast<double>(link.rate.GetBitRate());
}

/**
 * What a link carries.
 * @param link the link
 * @return bytes per second; 0 if it is down
 */
double
Capacity(const Underlay::Link& link)
{
    return link.isUp ? static_cast<double>(link.rate.GetBitRate()) / 8 : 0;
}

/** @return the simulated time in seconds */
double
Now()
{
    return Simulator::Now().GetSeconds();
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
            .AddAttribute("SegmentsPerIncrease",
                          "Segments to be acknowledged for one more in the window, after slow "
                          "start; the default is that of TcpCubic before its first loss.",
                          UintegerValue(20),
                          MakeUintegerAccessor(&FlowMessageTransport::m_segmentsPerIncrease),
                          MakeUintegerChecker<uint32_t>(1));
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
    m_bytesSent.assign(underlay->GetNNodes(), 0);
    m_bytesReceived.assign(underlay->GetNNodes(), 0);
    std::vector<double> capacities;
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        capacities.push_back(Capacity(underlay->GetLink(link)));
    }
    const double fullSegment = m_segmentSize + m_segmentHeaderSize;
    m_network = std::make_unique<FluidNetwork>(capacities,
                                               m_segmentHeaderSize / (m_delAckCount * fullSegment));
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&FlowMessageTransport::LinkChanged, this));
}

uint64_t
FlowMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    const uint64_t payload = sizeBytes + GetFrameHeaderSize();
    const uint64_t segments = (payload + m_segmentSize - 1) / m_segmentSize;
    return payload + segments * m_segmentHeaderSize;
}

double
FlowMessageTransport::GetLargestWindow() const
{
    const double payload = std::min(m_sendBuffer, m_receiveBuffer);
    return payload * (m_segmentSize + m_segmentHeaderSize) / m_segmentSize;
}

uint32_t
FlowMessageTransport::FindConnection(uint32_t from, uint32_t to)
{
    const auto next = static_cast<uint32_t>(m_connections.size());
    const auto [found, isNew] = m_byPair.emplace(NodePairKey(from, to), next);
    if (isNew)
    {
        m_connections.push_back(std::make_unique<Connection>());
        m_connections.back()->window = m_initialCwnd * (m_segmentSize + m_segmentHeaderSize);
    }
    return found->second;
}

void
FlowMessageTransport::ReadPath(Connection& connection, uint32_t from, uint32_t to) const
{
    const double segment = m_segmentSize + m_segmentHeaderSize;
    const Underlay::Route forth = m_underlay->GetRoute(from, to);
    const Underlay::Route back = m_underlay->GetRoute(to, from);
    double sum = 0;
    double slowest = 0;
    for (const uint32_t link : forth.links)
    {
        const double time = TransmissionSeconds(segment, m_underlay->GetLink(link));
        sum += time;
        slowest = std::max(slowest, time);
    }
    double acknowledgement = 0;
    for (const uint32_t link : back.links)
    {
        acknowledgement += TransmissionSeconds(m_segmentHeaderSize, m_underlay->GetLink(link));
    }
    connection.links = forth.links;
    connection.latency = forth.latency.GetSeconds();
    connection.lastHops = sum - slowest;
    connection.roundTrip = connection.latency + back.latency.GetSeconds() + sum + acknowledgement;
}

void
FlowMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(!m_underlay,
                    "FlowMessageTransport::Send: no underlay; call SetUnderlay() first");
    const uint32_t index = FindConnection(message.from, message.to);
    Connection& connection = *m_connections[index];
    if (connection.waiting.empty())
    {
        ReadPath(connection, message.from, message.to);
    }
    connection.waiting.push_back(message);
    if (connection.waiting.size() > 1)
    {
        return;
    }
    if (connection.isOpen)
    {
        StartMessage(index);
    }
    else
    {
        // SYN there, SYN and ACK back: the same headers as of any segment.
        Simulator::Schedule(Seconds(connection.roundTrip),
                            &FlowMessageTransport::Open,
                            this,
                            index);
    }
}

void
FlowMessageTransport::Open(uint32_t index)
{
    m_connections[index]->isOpen = true;
    StartMessage(index);
}

void
FlowMessageTransport::StartMessage(uint32_t index)
{
    Connection& connection = *m_connections[index];
    const auto amount = static_cast<double>(GetWireSize(connection.waiting.front().sizeBytes));
    connection.flow = m_network->Start(connection.links, amount, FluidNetwork::NEVER, Now());
    connection.isActive = true;
    m_byFlow.resize(std::max<std::size_t>(m_byFlow.size(), connection.flow + 1));
    m_byFlow[connection.flow] = index;
    BeginPhase(connection);
    ScheduleSettle();
}

void
FlowMessageTransport::BeginPhase(Connection& connection)
{
    connection.phaseStart = Now();
    connection.phaseRemaining = m_network->GetRemaining(connection.flow, connection.phaseStart);
    if (connection.phaseRemaining <= connection.window)
    {
        m_network->SetCap(connection.flow, FluidNetwork::NEVER);
        m_network->SetAlarm(connection.flow, FluidNetwork::NEVER);
        return;
    }
    const double cap = connection.window / connection.roundTrip;
    // A window that cannot grow any more lasts until it holds all that is left.
    const double duration =
        connection.window < GetLargestWindow()
            ? connection.roundTrip
            : std::max(connection.roundTrip, (connection.phaseRemaining - connection.window) / cap);
    m_network->SetCap(connection.flow, cap);
    m_network->SetAlarm(connection.flow, connection.phaseStart + duration);
}

void
FlowMessageTransport::GrowWindow(Connection& connection, bool wasAtCap)
{
    const double now = Now();
    const double sent = connection.phaseRemaining - m_network->GetRemaining(connection.flow, now);
    const double duration = now - connection.phaseStart;
    double doubled = 0;
    if (connection.isSlowStart)
    {
        doubled = sent;
        if (!wasAtCap && duration > connection.roundTrip)
        {
            // Acknowledgements came without a break for a round-trip time.
            doubled = sent * connection.roundTrip / duration;
            connection.isSlowStart = false;
        }
    }
    connection.window += doubled + (sent - doubled) / m_segmentsPerIncrease;
    connection.window = std::min(connection.window, GetLargestWindow());
}

void
FlowMessageTransport::FinishMessage(uint32_t index)
{
    Connection& connection = *m_connections[index];
    const Message message = connection.waiting.front();
    connection.waiting.pop_front();
    GrowWindow(connection, m_network->IsAtCap(connection.flow));
    m_network->End(connection.flow, Now());
    m_bytesSent.at(message.from) += GetWireSize(message.sizeBytes);
    connection.isActive = false;
    connection.lastArrival =
        std::max(connection.lastArrival,
                 Simulator::Now() + Seconds(connection.latency + connection.lastHops));
    Simulator::Schedule(connection.lastArrival - Simulator::Now(),
                        &FlowMessageTransport::Arrive,
                        this,
                        message);
    if (!connection.waiting.empty())
    {
        StartMessage(index);
    }
    ScheduleSettle();
}

void
FlowMessageTransport::ScheduleSettle()
{
    if (!m_settle.IsRunning())
    {
        m_settle = Simulator::ScheduleNow(&FlowMessageTransport::Settle, this);
    }
}

void
FlowMessageTransport::Settle()
{
    const double now = Now();
    for (m_network->Settle(now); !m_network->GetSwitched().empty(); m_network->Settle(now))
    {
        for (const uint32_t flow : m_network->GetSwitched())
        {
            Connection& connection = *m_connections[m_byFlow[flow]];
            const bool isAtCap = m_network->IsAtCap(flow);
            if (now > connection.phaseStart)
            {
                GrowWindow(connection, !isAtCap);
                BeginPhase(connection);
            }
            if (!isAtCap)
            {
                m_network->SetAlarm(flow, FluidNetwork::NEVER);
            }
        }
    }
    const double next = m_network->GetNextTime();
    if (next < m_nextTime || !m_next.IsRunning())
    {
        Simulator::Remove(m_next);
        m_nextTime = next;
        if (next != FluidNetwork::NEVER)
        {
            const Time delay = NanoSeconds(std::llround(std::ceil((next - now) * 1e9)));
            m_next = Simulator::Schedule(std::max(delay, Time(0)),
                                         &FlowMessageTransport::HandleEvents,
                                         this);
        }
    }
}

void
FlowMessageTransport::HandleEvents()
{
    m_nextTime = FluidNetwork::NEVER;
    FluidNetwork::Event event{};
    while (m_network->TakeEvent(Now(), event))
    {
        if (event.isFinished)
        {
            FinishMessage(m_byFlow[event.flow]);
        }
        else
        {
            Connection& connection = *m_connections[m_byFlow[event.flow]];
            GrowWindow(connection, true);
            BeginPhase(connection);
        }
    }
    ScheduleSettle();
}

void
FlowMessageTransport::LinkChanged(uint32_t link)
{
    m_network->SetCapacity(link, Capacity(m_underlay->GetLink(link)));
    ScheduleSettle();
}

void
FlowMessageTransport::Arrive(const Message& message)
{
    // A message and its acknowledgements are counted whole: as sent when the last byte has left,
    // as received when it has arrived.
    const uint64_t payload = message.sizeBytes + GetFrameHeaderSize();
    const uint64_t segments = (payload + m_segmentSize - 1) / m_segmentSize;
    const uint64_t acknowledged =
        (segments + m_delAckCount - 1) / m_delAckCount * m_segmentHeaderSize;
    m_bytesReceived.at(message.to) += GetWireSize(message.sizeBytes);
    m_bytesSent.at(message.to) += acknowledged;
    m_bytesReceived.at(message.from) += acknowledged;
    NotifyDelivered(message);
}

uint64_t
FlowMessageTransport::GetBytesSent(uint32_t node) const
{
    return m_bytesSent.at(node);
}

uint64_t
FlowMessageTransport::GetBytesReceived(uint32_t node) const
{
    return m_bytesReceived.at(node);
}

} // namespace murmuration
} // namespace ns3
