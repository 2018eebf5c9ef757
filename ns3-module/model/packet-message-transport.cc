/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-message-transport.h"

#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(PacketMessageTransport);

TypeId
PacketMessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::PacketMessageTransport")
            .SetParent<MessageTransport>()
            .SetGroupName("Murmuration")
            .AddConstructor<PacketMessageTransport>()
            .AddAttribute("SegmentSize",
                          "Payload bytes of a full segment.",
                          UintegerValue(1448),
                          MakeUintegerAccessor(&PacketMessageTransport::m_segmentSize),
                          MakeUintegerChecker<uint32_t>(1, 65000))
            .AddAttribute("SegmentHeaderSize",
                          "Header bytes of each segment; by default IPv4 20, TCP 20 and its "
                          "timestamp option 12. An acknowledgement is nothing else, but for SACK.",
                          UintegerValue(52),
                          MakeUintegerAccessor(&PacketMessageTransport::m_segmentHeaderSize),
                          MakeUintegerChecker<uint32_t>(40, 120))
            .AddAttribute("SndBufSize",
                          "Memory that the send buffer of a connection takes at most (Linux's "
                          "tcp_wmem[2]): it grows with the window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&PacketMessageTransport::m_sendBuffer),
                          MakeUintegerChecker<uint32_t>(65000))
            .AddAttribute("FirstSndBufSize",
                          "Memory that the send buffer of a connection begins with (Linux's "
                          "tcp_wmem[1]); no less than twice the initial window.",
                          UintegerValue(16384),
                          MakeUintegerAccessor(&PacketMessageTransport::m_firstSendBuffer),
                          MakeUintegerChecker<uint32_t>(4096))
            .AddAttribute("RcvBufSize",
                          "Memory that the receiver of a connection takes at most (Linux's "
                          "tcp_rmem[2]): the window grows to 62 % of it.",
                          UintegerValue(6291456),
                          MakeUintegerAccessor(&PacketMessageTransport::m_receiveBuffer),
                          MakeUintegerChecker<uint32_t>(131072))
            .AddAttribute("DelAckTimeout",
                          "How long an acknowledgement may wait for a second segment.",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&PacketMessageTransport::m_delayedAck),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("SynRetries",
                          "SYNs that are sent again with growing timeouts, after four that are "
                          "sent each second, before a connection fails (tcp_syn_retries).",
                          UintegerValue(6),
                          MakeUintegerAccessor(&PacketMessageTransport::m_synRetries),
                          MakeUintegerChecker<uint32_t>(0, 20))
            .AddAttribute("Retries",
                          "Timeouts, at the least RTO, that a connection waits for an answer "
                          "before it fails (tcp_retries2).",
                          UintegerValue(15),
                          MakeUintegerAccessor(&PacketMessageTransport::m_retries),
                          MakeUintegerChecker<uint32_t>(1, 60))
            .AddAttribute("IdleTimeout",
                          "How long a connection is kept after its last message has arrived, at "
                          "least. It is dropped, at both ends and without segments of its own, "
                          "when another one is opened later.",
                          TimeValue(Seconds(30)),
                          MakeTimeAccessor(&PacketMessageTransport::m_idleTimeout),
                          MakeTimeChecker(Time(1)))
            .AddTraceSource("PacketSent",
                            "A host puts a packet on the wire.",
                            MakeTraceSourceAccessor(&PacketMessageTransport::m_sentTrace),
                            "ns3::murmuration::PacketMessageTransport::PacketCallback")
            .AddTraceSource("PacketArrived",
                            "A packet has come to the host that it was sent to.",
                            MakeTraceSourceAccessor(&PacketMessageTransport::m_arrivedTrace),
                            "ns3::murmuration::PacketMessageTransport::PacketCallback");
    return tid;
}

PacketMessageTransport::PacketMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

PacketMessageTransport::~PacketMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
PacketMessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_event.Cancel();
    if (m_underlay)
    {
        m_underlay->TraceDisconnectWithoutContext(
            "LinkChanged",
            MakeCallback(&PacketMessageTransport::LinkChanged, this));
        m_underlay->SetMeterSource(Callback<void>());
    }
    m_connections.clear();
    m_dropped.clear();
    m_network = nullptr;
    m_underlay = nullptr;
    MessageTransport::DoDispose();
}

void
PacketMessageTransport::SetUnderlay(Ptr<Underlay> underlay)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
    m_bytesSent.assign(underlay->GetNNodes(), 0);
    m_bytesReceived.assign(underlay->GetNNodes(), 0);
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&PacketMessageTransport::LinkChanged, this));
    underlay->SetMeterSource(MakeCallback(&PacketMessageTransport::CatchUp, this));
}

void
PacketMessageTransport::SetTcpSettings(const TcpSettings& settings)
{
    NS_ABORT_MSG_IF(m_network,
                    "PacketMessageTransport::SetTcpSettings: messages were sent already");
    m_options.congestionControl = settings.congestionControl;
    m_options.initialWindow = settings.initialWindow;
    m_options.minRto = settings.minRto.GetNanoSeconds();
    m_options.slowStartAfterIdle = settings.slowStartAfterIdle;
    m_options.ecn = settings.ecn;
}

uint64_t
PacketMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, m_segmentHeaderSize);
}

uint64_t
PacketMessageTransport::GetBytesSent(uint32_t node) const
{
    CatchUp();
    return m_bytesSent.at(node);
}

uint64_t
PacketMessageTransport::GetBytesReceived(uint32_t node) const
{
    CatchUp();
    return m_bytesReceived.at(node);
}

RepairsByPair
PacketMessageTransport::GetRepairs() const
{
    CatchUp();
    RepairsByPair all = m_repairs;
    for (const Entry& entry : m_connections)
    {
        if (entry.connection)
        {
            const auto [from, to] = entry.connection->GetEnds();
            const PacketTcpSender::Counts& counts = entry.connection->GetSender().GetCounts();
            AddRepairs(all, from, to, {counts.retransmissions, counts.timeouts});
        }
    }
    return all;
}

uint64_t
PacketMessageTransport::GetNEvents() const
{
    return m_network ? m_network->GetNEvents() : 0;
}

PacketTcpSender::Counts
PacketMessageTransport::GetCounts() const
{
    CatchUp();
    PacketTcpSender::Counts all = m_counts;
    for (const Entry& entry : m_connections)
    {
        if (entry.connection)
        {
            all += entry.connection->GetSender().GetCounts();
        }
    }
    return all;
}

const PacketConnection*
PacketMessageTransport::FindConnection(uint32_t from, uint32_t to) const
{
    CatchUp();
    const auto found = m_byPair.find(NodePairKey(from, to));
    return found == m_byPair.end() ? nullptr : m_connections[found->second].connection.get();
}

void
PacketMessageTransport::Start()
{
    NS_LOG_FUNCTION(this);
    NS_ABORT_MSG_IF(!m_underlay,
                    "PacketMessageTransport::Send: no underlay; call SetUnderlay() first");
    m_options.segmentSize = m_segmentSize;
    m_options.segmentHeaderSize = m_segmentHeaderSize;
    m_options.sendBuffer = m_sendBuffer;
    m_options.firstSendBuffer = m_firstSendBuffer;
    m_options.receiveBuffer = m_receiveBuffer;
    m_options.synRetries = m_synRetries;
    m_options.retries = m_retries;
    m_options.delayedAck = m_delayedAck.GetNanoSeconds();
    PacketNetwork::Hosts& hosts = *this;
    m_network = std::make_unique<PacketNetwork>(m_underlay, hosts, m_segmentHeaderSize);
    m_network->AdvanceTo(Simulator::Now().GetNanoSeconds(), false);
    m_byEndLink.resize(m_underlay->GetNLinks());
}

uint32_t
PacketMessageTransport::Find(uint32_t from, uint32_t to)
{
    const uint64_t pair = NodePairKey(from, to);
    if (const auto found = m_byPair.find(pair); found != m_byPair.end())
    {
        return found->second;
    }
    DropIdle();
    const PacketConnection::Ends ends{from, to};
    PacketConnection::Owner& owner = *this;
    auto connection = std::make_unique<PacketConnection>(*m_network, m_options, owner, ends);
    const uint32_t flow = connection->GetFlow();
    const uint32_t index = flow / 2;
    if (index == m_connections.size())
    {
        m_connections.emplace_back();
    }
    m_connections[index] = {std::move(connection), PacketNetwork::NEVER};
    m_byPair.emplace(pair, index);
    for (const uint32_t link : FindEndLinks(index))
    {
        m_byEndLink[link].push_back(index);
    }
    return index;
}

std::vector<uint32_t>
PacketMessageTransport::FindEndLinks(uint32_t index) const
{
    const auto [first, last] = m_network->GetEndLinks(2 * index);
    return first == last ? std::vector{first} : std::vector{first, last};
}

void
PacketMessageTransport::DropIdle()
{
    const int64_t now = m_network->GetNow();
    const int64_t timeout = m_idleTimeout.GetNanoSeconds();
    if (now - m_lastDrop < timeout / 2)
    {
        return;
    }
    m_lastDrop = now;
    std::vector<bool> isGone(m_connections.size(), false);
    std::set<uint32_t> links;
    // In descending order, so that the least number is used again first.
    for (auto index = static_cast<uint32_t>(m_connections.size()); index-- > 0;)
    {
        const auto& connection = m_connections[index].connection;
        const uint32_t nPackets =
            m_network->GetNPackets(2 * index) + m_network->GetNPackets(2 * index + 1);
        if (!connection || !connection->IsIdleSince(now - timeout) || nPackets > 0)
        {
            continue;
        }
        NS_LOG_LOGIC("connection " << index << " has been idle for long and is dropped");
        Drop(index);
        isGone[index] = true;
        const std::vector<uint32_t> ends = FindEndLinks(index);
        links.insert(ends.begin(), ends.end());
        m_network->RemoveFlow(2 * index + 1);
        m_network->RemoveFlow(2 * index);
    }
    for (const uint32_t link : links)
    {
        std::vector<uint32_t>& all = m_byEndLink[link];
        all.erase(std::remove_if(all.begin(),
                                 all.end(),
                                 [&isGone](uint32_t index) { return isGone[index]; }),
                  all.end());
    }
}

void
PacketMessageTransport::Drop(uint32_t index)
{
    // Whoever is told of its failure may open another one at once, while it is still at work.
    m_dropped.push_back(std::move(m_connections[index].connection));
    const PacketConnection& connection = *m_dropped.back();
    const auto [from, to] = connection.GetEnds();
    const PacketTcpSender::Counts& counts = connection.GetSender().GetCounts();
    m_counts += counts;
    AddRepairs(m_repairs, from, to, {counts.retransmissions, counts.timeouts});
    // One that has failed may have another in its place.
    const auto found = m_byPair.find(NodePairKey(from, to));
    if (found != m_byPair.end() && found->second == index)
    {
        m_byPair.erase(found);
    }
}

std::size_t
PacketMessageTransport::GetNConnections() const
{
    return m_byPair.size();
}

void
PacketMessageTransport::DoSend(const Message& message)
{
    NS_LOG_FUNCTION(this << message.id);
    if (!m_network)
    {
        Start();
    }
    CatchUp();
    ++m_nUnderWay;
    const uint32_t index = Find(message.from, message.to);
    m_connections[index].connection->Send(message, message.sizeBytes + GetFrameHeaderSize());
    Look(index);
    Schedule();
}

void
PacketMessageTransport::DoAbort(uint64_t id, uint32_t from, uint32_t to)
{
    NS_LOG_FUNCTION(this << id << from << to);
    CatchUp();
    const auto found = m_byPair.find(NodePairKey(from, to));
    if (found != m_byPair.end() && m_connections[found->second].connection->Withdraw(id))
    {
        --m_nUnderWay;
        Look(found->second); // What is behind it may arrive earlier now.
        Schedule();
    }
}

void
PacketMessageTransport::CatchUp() const
{
    if (m_network && !std::exchange(m_isRunning, true))
    {
        m_network->AdvanceTo(Simulator::Now().GetNanoSeconds(), false);
        m_isRunning = false;
    }
}

void
PacketMessageTransport::Look(uint32_t index)
{
    Entry& entry = m_connections[index];
    if (!entry.connection || !entry.connection->HasMessages())
    {
        entry.lookAt = PacketNetwork::NEVER;
        return;
    }
    const int64_t time = entry.connection->GetEarliestOutcome();
    if (time < entry.lookAt)
    {
        entry.lookAt = time;
        m_looks.Push(time, index);
    }
}

void
PacketMessageTransport::Schedule()
{
    // Nobody waits for what is left when all messages have arrived, but it is to happen.
    const int64_t next = m_nUnderWay > 0 ? m_looks.GetNextTime() : m_network->GetNextTime();
    if (m_isRunning || next >= m_eventTime)
    {
        return;
    }
    m_event.Cancel();
    m_eventTime = next;
    const int64_t now = Simulator::Now().GetNanoSeconds();
    m_event = Simulator::Schedule(NanoSeconds(std::max(next - now, int64_t{0})),
                                  &PacketMessageTransport::Run,
                                  this);
}

void
PacketMessageTransport::Run()
{
    const int64_t now = Simulator::Now().GetNanoSeconds();
    m_eventTime = PacketNetwork::NEVER;
    m_isRunning = true;
    m_network->AdvanceTo(now, true);
    while (m_looks.GetNextTime() <= now)
    {
        const PacketEventHeap::Event look = m_looks.Take();
        const auto index = static_cast<uint32_t>(look.what);
        Entry& entry = m_connections[index];
        if (entry.lookAt != look.time)
        {
            continue; // It was brought forward, or nothing is under way.
        }
        entry.lookAt = PacketNetwork::NEVER;
        Look(index); // Everything of this instant has happened: it is later that something can.
    }
    m_isRunning = false;
    m_dropped.clear();
    Schedule();
}

void
PacketMessageTransport::LinkChanged(uint32_t link)
{
    NS_LOG_FUNCTION(this << link);
    if (!m_network)
    {
        return;
    }
    NS_ABORT_MSG_IF(m_isRunning && m_network->GetNow() != Simulator::Now().GetNanoSeconds(),
                    "PacketMessageTransport: a link was changed by what is told of packets");
    CatchUp();
    const bool wasRunning = std::exchange(m_isRunning, true);
    const bool isSooner = m_network->UpdateLink(link);
    m_isRunning = wasRunning;
    // A shorter delay may be anywhere on a path; a higher rate matters at its ends.
    if (isSooner)
    {
        for (uint32_t index = 0; index < m_connections.size(); ++index)
        {
            Look(index);
        }
    }
    else
    {
        for (const uint32_t index : m_byEndLink[link])
        {
            Look(index);
        }
    }
    Schedule();
}

void
PacketMessageTransport::HandleArrival(uint32_t packet)
{
    // A copy, as the pool may move while what arrives lets others go.
    PacketPool& pool = m_network->GetPool();
    const PacketSegment segment = pool[packet];
    Entry& entry = m_connections[segment.flow / 2];
    m_arrivedTrace(m_network->GetNow(), segment);
    if (entry.connection)
    {
        const PacketConnection::Ends& ends = entry.connection->GetEnds();
        m_bytesReceived[segment.flow % 2 == 0 ? ends.to : ends.from] += segment.size;
        entry.connection->HandleArrival(segment);
        if (std::exchange(m_hasDelivered, false))
        {
            m_connections[segment.flow / 2].lookAt = PacketNetwork::NEVER;
            Look(segment.flow / 2);
        }
    }
    pool.Free(packet);
}

void
PacketMessageTransport::PrefetchArrival(const PacketSegment& packet)
{
    if (const auto& connection = m_connections[packet.flow / 2].connection)
    {
        connection->Prefetch(packet.kind == PacketSegment::Kind::DATA);
    }
}

void
PacketMessageTransport::HandleDeparture(uint32_t flow, uint32_t segments)
{
    if (const auto& connection = m_connections[flow / 2].connection)
    {
        connection->HandleDeparture(segments);
    }
}

void
PacketMessageTransport::HandleTimer(uint32_t timer)
{
    if (const auto& connection = m_connections[timer / 2].connection)
    {
        connection->HandleTimer(timer % 2 == 1);
    }
}

void
PacketMessageTransport::HandleSending(uint32_t node, const PacketSegment& packet)
{
    m_bytesSent[node] += packet.size;
    m_sentTrace(m_network->GetNow(), packet);
}

void
PacketMessageTransport::HandleFirstByte(const Message& message)
{
    // The network may have been brought up to the simulator's time only now.
    NotifyFirstByte(message.id, NanoSeconds(m_network->GetNow()));
}

void
PacketMessageTransport::HandleDelivery(const Message& message)
{
    NS_ABORT_MSG_IF(m_network->GetNow() != Simulator::Now().GetNanoSeconds(),
                    "PacketMessageTransport: message " << message.id << " arrived at "
                                                       << m_network->GetNow()
                                                       << " ns, which was not foreseen");
    --m_nUnderWay;
    m_hasDelivered = true;
    NotifyDelivered(message);
}

void
PacketMessageTransport::HandleFailure(PacketConnection& connection, const std::string& reason)
{
    NS_LOG_FUNCTION(this << reason);
    // One that fails with nothing under way concerns nobody, and nobody has looked at it.
    NS_ABORT_MSG_IF(connection.HasMessages() &&
                        m_network->GetNow() != Simulator::Now().GetNanoSeconds(),
                    "PacketMessageTransport: the connection from node "
                        << connection.GetEnds().from << " to " << connection.GetEnds().to
                        << " failed at " << m_network->GetNow() << " ns, which was not foreseen");
    m_connections[connection.GetFlow() / 2].lookAt = PacketNetwork::NEVER;
    m_byPair.erase(NodePairKey(connection.GetEnds().from, connection.GetEnds().to));
    for (const Message& message : connection.TakeMessages())
    {
        --m_nUnderWay;
        NotifyFailed(message, reason);
    }
}

} // namespace murmuration
} // namespace ns3
