/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flow-message-transport.h"

#include "node-pair.h"
#include "tcp-loss-limit.h"

#include "ns3/abort.h"
#include "ns3/boolean.h"
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
 * What a link carries while it is up. Delays of queues are reckoned with it at all times: those of
 * a link that is down would have no end.
 * @param link the link
 * @return bytes per second
 */
double
ByteRate(const Underlay::Link& link)
{
    return static_cast<double>(link.rate.GetBitRate()) / 8;
}

/**
 * What a link carries now.
 * @param link the link
 * @return bytes per second; 0 if it is down
 */
double
Capacity(const Underlay::Link& link)
{
    return link.isUp ? ByteRate(link) : 0;
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
            .AddAttribute("QueueSize",
                          "Segments that wait in front of a link at most.",
                          UintegerValue(1000),
                          MakeUintegerAccessor(&FlowMessageTransport::m_queueSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("WindowWeights",
                          "Whether links are shared by what each connection has under way, as "
                          "first-come-first-served queues do; otherwise equally.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&FlowMessageTransport::m_windowWeights),
                          MakeBooleanChecker());
    return tid;
}

FlowMessageTransport::Connection::Connection(const FlowWindow::Sizes& sizes)
    : window(sizes)
{
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
    m_network = std::make_unique<FluidNetwork>(capacities);
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        m_network->SetOpposite(link, underlay->GetOpposite(link));
    }
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&FlowMessageTransport::LinkChanged, this));
}

uint64_t
FlowMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, m_segmentHeaderSize);
}

uint32_t
FlowMessageTransport::FindConnection(uint32_t from, uint32_t to)
{
    const auto next = static_cast<uint32_t>(m_connections.size());
    const auto [found, isNew] = m_byPair.emplace(NodePairKey(from, to), next);
    if (isNew)
    {
        const double segment = m_segmentSize + m_segmentHeaderSize;
        m_network->SetReturnShare(m_segmentHeaderSize / (m_delAckCount * segment));
        const double buffer = std::min(m_sendBuffer, m_receiveBuffer);
        m_connections.push_back(std::make_unique<Connection>(
            FlowWindow::Sizes{segment, m_initialCwnd * segment, buffer * segment / m_segmentSize}));
    }
    return found->second;
}

FlowMessageTransport::Path
FlowMessageTransport::ReadPath(uint32_t from, uint32_t to, uint64_t sizeBytes) const
{
    const double segment = m_segmentSize + m_segmentHeaderSize;
    Underlay::Route forth = m_underlay->GetRoute(from, to);
    Underlay::Route back = m_underlay->GetRoute(to, from);
    double sum = 0;
    double slowest = 0;
    double passed = 1;
    for (const uint32_t link : forth.links)
    {
        const double time = TransmissionSeconds(segment, m_underlay->GetLink(link));
        passed *= 1 - m_underlay->GetLink(link).loss;
        sum += time;
        slowest = std::max(slowest, time);
    }
    double acknowledgement = 0;
    for (const uint32_t link : back.links)
    {
        acknowledgement += TransmissionSeconds(m_segmentHeaderSize, m_underlay->GetLink(link));
    }
    Path path;
    path.forth = std::move(forth.links);
    path.back = std::move(back.links);
    path.latencyForth = forth.latency.GetSeconds();
    path.latencyBack = back.latency.GetSeconds();
    path.roundTrip = path.latencyForth + sum + path.latencyBack + acknowledgement;
    path.lastHops = sum - slowest;
    if (const double loss = 1 - passed; loss * GetWireSize(sizeBytes) > segment)
    {
        path.lossLimit = LossRateLimit(segment, path.roundTrip, loss);
    }
    return path;
}

void
FlowMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(!m_underlay,
                    "FlowMessageTransport::Send: no underlay; call SetUnderlay() first");
    const uint32_t index = FindConnection(message.from, message.to);
    Connection& connection = *m_connections[index];
    connection.waiting.push_back(message);
    if (connection.waiting.size() > 1)
    {
        return;
    }
    if (connection.isOpen)
    {
        StartMessage(index);
        return;
    }
    // SYN there, SYN and ACK back: small segments, of headers alone.
    const Path path = ReadPath(message.from, message.to, message.sizeBytes);
    double handshake = path.latencyForth + path.latencyBack;
    for (const auto* links : {&path.forth, &path.back})
    {
        for (const uint32_t link : *links)
        {
            handshake += TransmissionSeconds(m_segmentHeaderSize, m_underlay->GetLink(link));
        }
    }
    Simulator::Schedule(Seconds(handshake), &FlowMessageTransport::Open, this, index);
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
    const Message& message = connection.waiting.front();
    connection.path = ReadPath(message.from, message.to, message.sizeBytes);
    connection.flow = m_network->Start(connection.path.forth,
                                       static_cast<double>(GetWireSize(message.sizeBytes)),
                                       Now());
    connection.round = Round{};
    m_byFlow.resize(std::max<std::size_t>(m_byFlow.size(), connection.flow + 1));
    m_byFlow[connection.flow] = {index, connection.path.forth.front()};
    m_beginning.push_back(index);
    ScheduleSettle();
}

void
FlowMessageTransport::FinishMessage(uint32_t index)
{
    Connection& connection = *m_connections[index];
    const Message message = connection.waiting.front();
    connection.waiting.pop_front();
    EndRound(connection);
    // A round that would have begun at this very instant has nothing left to send.
    m_beginning.erase(std::remove(m_beginning.begin(), m_beginning.end(), index),
                      m_beginning.end());
    m_network->End(connection.flow, Now());
    m_bytesSent.at(message.from) += GetWireSize(message.sizeBytes);
    Time arrival =
        Simulator::Now() + Seconds(connection.path.latencyForth + connection.path.lastHops);
    for (const uint32_t link : connection.path.forth)
    {
        arrival += m_underlay->DrawJitter(link);
    }
    connection.lastArrival = std::max(connection.lastArrival, arrival);
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
FlowMessageTransport::Arrive(const Message& message)
{
    // A message is counted whole, as sent when its last byte has left and as received now; its
    // acknowledgements are counted now.
    const uint64_t payload = message.sizeBytes + GetFrameHeaderSize();
    const uint64_t segments = (payload + m_segmentSize - 1) / m_segmentSize;
    const uint64_t acknowledged =
        (segments + m_delAckCount - 1) / m_delAckCount * m_segmentHeaderSize;
    m_bytesReceived.at(message.to) += GetWireSize(message.sizeBytes);
    m_bytesSent.at(message.to) += acknowledged;
    m_bytesReceived.at(message.from) += acknowledged;
    NotifyDelivered(message);
}

double
FlowMessageTransport::GetShare(uint32_t link) const
{
    return ByteRate(m_underlay->GetLink(link)) /
           static_cast<double>(m_network->GetSolver().GetNFlows(link));
}

uint32_t
FlowMessageTransport::FindQueue(const Path& path) const
{
    return *std::min_element(path.forth.begin(), path.forth.end(), [this](uint32_t a, uint32_t b) {
        return GetShare(a) < GetShare(b);
    });
}

double
FlowMessageTransport::GetBacklog(const Connection& connection, double now) const
{
    const Round& round = connection.round;
    const double remaining = m_network->GetRemaining(connection.flow, now);
    const double sent = round.remaining - remaining;
    // A round that its window limits sends the window at once, and then waits. Otherwise
    // acknowledgements let the sender go on, and what is not under way elsewhere is in the queue.
    const bool isBurst = round.isFirst || m_network->IsAtCap(connection.flow);
    const double waiting = isBurst
                               ? connection.window.Get() - sent
                               : connection.window.GetAfter(sent) -
                                     m_network->GetSolver().GetRate(connection.flow) * round.wait;
    return std::clamp(waiting, 0.0, remaining);
}

double
FlowMessageTransport::GetQueueDelay(uint32_t link, double now) const
{
    double backlog = 0;
    m_network->GetSolver().ForEachFlow(link, [&](uint32_t flow) {
        if (m_byFlow[flow].queue == link)
        {
            backlog += GetBacklog(*m_connections[m_byFlow[flow].connection], now);
        }
    });
    return backlog == 0 ? 0 : backlog / ByteRate(m_underlay->GetLink(link));
}

void
FlowMessageTransport::BeginRounds()
{
    const double now = Now();
    // All of this instant begin before the first looks at the queues that they fill.
    for (const uint32_t index : m_beginning)
    {
        Connection& connection = *m_connections[index];
        connection.round.start = now;
        connection.round.remaining = m_network->GetRemaining(connection.flow, now);
        m_byFlow[connection.flow].queue = FindQueue(connection.path);
    }
    for (const uint32_t index : m_beginning)
    {
        LimitRound(*m_connections[index]);
    }
}

double
FlowMessageTransport::GetLost(const Connection& connection, double delay) const
{
    const Round& round = connection.round;
    const double segment = m_segmentSize + m_segmentHeaderSize;
    const double capacity = ByteRate(m_underlay->GetLink(m_byFlow[connection.flow].queue));
    double waiting = delay * capacity;
    if (!round.isFirst && round.wait <= connection.path.roundTrip)
    {
        // The round follows the acknowledgements of the one before, while the link goes on.
        waiting -= std::min(connection.window.IsSlowStart() ? waiting / 2 : waiting,
                            capacity * connection.path.roundTrip);
    }
    if (waiting <= m_queueSize * segment)
    {
        return 0;
    }
    // Everybody loses in proportion to what waits, whole segments only.
    const double lost = GetBacklog(connection, round.start) * (1 - m_queueSize * segment / waiting);
    return lost < segment ? 0 : lost;
}

void
FlowMessageTransport::LimitRound(Connection& connection)
{
    const Path& path = connection.path;
    Round& round = connection.round;
    // A queue that is met later has had time to drain, so delays do not add up on the way of the
    // first segment and its acknowledgement; they do for those that come after it.
    const uint32_t queue = m_byFlow[connection.flow].queue;
    double queues = 0;
    double ownDelay = 0;
    round.wait = path.roundTrip - path.latencyBack;
    for (const uint32_t link : path.forth)
    {
        const double delay = GetQueueDelay(link, round.start);
        queues += delay;
        if (link == queue)
        {
            ownDelay = delay;
        }
        else if (link != path.forth.front())
        {
            round.wait = std::max(round.wait, delay);
        }
    }
    for (const uint32_t link : path.back)
    {
        const double delay = GetQueueDelay(link, round.start);
        queues += delay;
        round.wait = std::max(round.wait, delay);
        if (link == path.back.front())
        {
            round.wait += path.latencyBack;
        }
    }
    // On average half of what waits in its own queue is ahead.
    round.sample = std::max(round.wait, path.roundTrip + ownDelay / 2);
    round.lost = GetLost(connection, ownDelay);
    const double window = connection.window.Get() - round.lost;
    const double weight = std::min(window, round.remaining) / (path.roundTrip + queues);
    round.isLast = round.remaining <= window && round.lost == 0;
    m_network->SetFlow(
        connection.flow,
        m_windowWeights ? weight : 1,
        std::min(path.lossLimit, round.isLast ? FluidNetwork::NEVER : window / round.wait),
        round.start);
}

void
FlowMessageTransport::ScheduleNextRound(Connection& connection)
{
    Round& round = connection.round;
    double duration = round.wait;
    if (!m_network->IsAtCap(connection.flow))
    {
        // The path, not the window, is the limit: acknowledgements come as fast as it carries.
        duration =
            std::max(duration,
                     connection.window.Get() / m_network->GetSolver().GetRate(connection.flow));
        if (!round.isFirst)
        {
            round.sample = duration;
        }
    }
    round.isFirst = false;
    m_network->SetAlarm(connection.flow,
                        round.isLast ? FluidNetwork::NEVER : round.start + duration);
}

void
FlowMessageTransport::EndRound(Connection& connection)
{
    const Round& round = connection.round;
    const double now = Now();
    connection.window.Grow({round.remaining - m_network->GetRemaining(connection.flow, now),
                            round.wait,
                            round.sample,
                            connection.path.roundTrip,
                            GetShare(m_byFlow[connection.flow].queue)},
                           now);
    if (round.lost > 0)
    {
        connection.window.Shrink(now);
    }
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
    BeginRounds();
    m_network->Settle(now);
    Measure();
    for (const uint32_t index : m_beginning)
    {
        ScheduleNextRound(*m_connections[index]);
    }
    m_beginning.clear();
    m_network->Reschedule();
    const double next = m_network->GetNextTime();
    if (next < m_nextTime)
    {
        Simulator::Remove(m_next);
        m_nextTime = next;
        m_next = Simulator::Schedule(NanoSeconds(std::llround(std::ceil((next - now) * 1e9))),
                                     &FlowMessageTransport::HandleEvents,
                                     this);
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
    for (const uint32_t link : solver.GetWorkedLinks())
    {
        const double rate = solver.GetUse(link) + solver.GetTaken(link);
        const double capacity = solver.GetCapacity(link);
        meter->SetFlow(link, rate, capacity > 0 ? rate / capacity : 0);
    }
}

void
FlowMessageTransport::HandleEvents()
{
    m_nextTime = FluidNetwork::NEVER;
    FluidNetwork::Event event{};
    while (m_network->TakeEvent(Now(), event))
    {
        const uint32_t index = m_byFlow[event.flow].connection;
        if (event.isFinished)
        {
            FinishMessage(index);
        }
        else
        {
            EndRound(*m_connections[index]);
            m_beginning.push_back(index);
        }
    }
    if (!m_settle.IsRunning())
    {
        Settle();
    }
}

void
FlowMessageTransport::LinkChanged(uint32_t link)
{
    m_network->SetCapacity(link, Capacity(m_underlay->GetLink(link)));
    ScheduleSettle();
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
