/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "tcp-message-transport.h"

#include "lean-tcp-socket.h"
#include "linux-cubic.h"
#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/boolean.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/tcp-bbr.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/tcp-linux-reno.h"
#include "ns3/type-id.h"
#include "ns3/uinteger.h"

#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationTcpMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(TcpMessageTransport);

namespace
{

/** IPv4 20, TCP 20, timestamp option 12. */
constexpr uint32_t SEGMENT_HEADER_SIZE = 52;

/**
 * The class of a congestion control.
 * @param control which one
 * @return its TypeId
 */
TypeId
FindCongestionControl(TcpSettings::CongestionControl control)
{
    switch (control)
    {
    case TcpSettings::CongestionControl::NEW_RENO:
        // As Linux: in slow start ns-3's TcpNewReno counts acknowledgements, not what they
        // acknowledge, and delayed ones halve its growth.
        return TcpLinuxReno::GetTypeId();
    case TcpSettings::CongestionControl::BBR:
        return TcpBbr::GetTypeId();
    case TcpSettings::CongestionControl::CUBIC:
        break;
    }
    return LinuxCubic::GetTypeId();
}

} // namespace

TypeId
TcpMessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::TcpMessageTransport")
            .SetParent<MessageTransport>()
            .SetGroupName("Murmuration")
            .AddConstructor<TcpMessageTransport>()
            .AddAttribute("CongestionControl",
                          "Class of the congestion control, such as ns3::TcpNewReno.",
                          TypeIdValue(LinuxCubic::GetTypeId()),
                          MakeTypeIdAccessor(&TcpMessageTransport::m_congestionControl),
                          MakeTypeIdChecker())
            .AddAttribute("SegmentSize",
                          "Payload bytes of a full segment. 1448 is what an MTU of 1500 leaves "
                          "beside IPv4 20, TCP 20 and its timestamp option 12.",
                          UintegerValue(1448),
                          MakeUintegerAccessor(&TcpMessageTransport::m_segmentSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SndBufSize",
                          "Send buffer of each connection, in bytes. Rate x round-trip time must "
                          "stay below seven eighths of it, or it limits the rate.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&TcpMessageTransport::m_sendBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("RcvBufSize",
                          "Receive buffer of each connection, in bytes: the largest window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&TcpMessageTransport::m_receiveBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("InitialCwnd",
                          "Initial congestion window, in segments [RFC 6928].",
                          UintegerValue(10),
                          MakeUintegerAccessor(&TcpMessageTransport::m_initialCwnd),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute(
                "MinRto",
                "Least retransmission timeout; the default is that of Linux. RFC 6298 has "
                "one second, which suits where timeouts are not undone.",
                TimeValue(MilliSeconds(200)),
                MakeTimeAccessor(&TcpMessageTransport::m_minRto),
                MakeTimeChecker(Time(0)))
            .AddAttribute("DelAckCount",
                          "Full segments per acknowledgement.",
                          UintegerValue(2),
                          MakeUintegerAccessor(&TcpMessageTransport::m_delAckCount),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DelAckTimeout",
                          "How long an acknowledgement may wait for a second segment; the default "
                          "is that of Linux. Must stay below MinRto less the round-trip time of an "
                          "idle path: where it does not, a window of one segment times out again "
                          "and again.",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&TcpMessageTransport::m_delAckTimeout),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("ConnTimeout",
                          "Timeout of the first SYN, doubled for each further one [RFC 6298].",
                          TimeValue(Seconds(1)),
                          MakeTimeAccessor(&TcpMessageTransport::m_connTimeout),
                          MakeTimeChecker(Time(1)))
            .AddAttribute("ConnCount",
                          "How often a SYN is sent before its connection fails.",
                          UintegerValue(6),
                          MakeUintegerAccessor(&TcpMessageTransport::m_connCount),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("UndoTimeouts",
                          "Whether a timeout is undone where nothing was lost; see LeanTcpSocket.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&TcpMessageTransport::m_undoTimeouts),
                          MakeBooleanChecker())
            .AddAttribute("SlowStartAfterIdle",
                          "Whether a window shrinks after an idle time of one RTO.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&TcpMessageTransport::m_slowStartAfterIdle),
                          MakeBooleanChecker())
            .AddAttribute("QuickAcks",
                          "How many segments of a new connection are each acknowledged at once; "
                          "the default is that of Linux.",
                          UintegerValue(16),
                          MakeUintegerAccessor(&TcpMessageTransport::m_quickAcks),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("IdleTimeout",
                          "How long a connection is kept after its last message has arrived, at "
                          "least. It is dropped, at both ends and without segments of its own, "
                          "when another one is opened later.",
                          TimeValue(Seconds(30)),
                          MakeTimeAccessor(&TcpMessageTransport::m_idleTimeout),
                          MakeTimeChecker(Time(1)))
            .AddAttribute("Port",
                          "TCP port that receiving nodes listen on.",
                          UintegerValue(4242),
                          MakeUintegerAccessor(&TcpMessageTransport::m_port),
                          MakeUintegerChecker<uint16_t>(1));
    return tid;
}

TcpMessageTransport::TcpMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

TcpMessageTransport::~TcpMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
TcpMessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_nodes = NodeContainer();
    m_address = AddressCallback();
    m_listeners.clear();
    m_endpoints.clear();
    m_connections.clear();
    MessageTransport::DoDispose();
}

void
TcpMessageTransport::SetNodes(const NodeContainer& nodes, AddressCallback address)
{
    NS_LOG_FUNCTION(this << nodes.GetN());
    for (uint32_t node = 0; node < nodes.GetN(); ++node)
    {
        NS_ABORT_MSG_IF(!nodes.Get(node)->GetObject<Ipv4L3Protocol>() ||
                            !nodes.Get(node)->GetObject<TcpL4Protocol>(),
                        "TcpMessageTransport::SetNodes: node "
                            << node << " has no IPv4 or no TCP; install an internet stack first");
        m_demuxes.push_back(TcpDemux::InstallOn(nodes.Get(node)));
    }
    m_nodes = nodes;
    m_address = address;
    m_listeners.resize(nodes.GetN());
}

const NodeContainer&
TcpMessageTransport::GetNodes() const
{
    return m_nodes;
}

void
TcpMessageTransport::SetTcpSettings(const TcpSettings& settings)
{
    m_initialCwnd = settings.initialWindow;
    m_minRto = settings.minRto;
    m_slowStartAfterIdle = settings.slowStartAfterIdle;
    m_congestionControl = FindCongestionControl(settings.congestionControl);
}

uint64_t
TcpMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, SEGMENT_HEADER_SIZE);
}

uint64_t
TcpMessageTransport::GetBytesSent(uint32_t node) const
{
    return m_demuxes.at(node)->GetBytesSent();
}

uint64_t
TcpMessageTransport::GetBytesReceived(uint32_t node) const
{
    return m_demuxes.at(node)->GetBytesReceived();
}

DoubtsByReason
TcpMessageTransport::GetDoubts() const
{
    DoubtsByReason all = m_doubts;
    for (const auto& [pair, connection] : m_connections)
    {
        connection->AddDoubts(all);
    }
    return all;
}

std::size_t
TcpMessageTransport::GetNConnections() const
{
    return m_connections.size();
}

RepairsByPair
TcpMessageTransport::GetRepairs() const
{
    RepairsByPair all = m_repairs;
    for (const auto& [pair, connection] : m_connections)
    {
        AddRepairs(all, connection->GetFrom(), connection->GetTo(), connection->GetRepairs());
    }
    return all;
}

void
TcpMessageTransport::KeepCounts(const TcpMessageConnection& connection)
{
    connection.AddDoubts(m_doubts);
    AddRepairs(m_repairs, connection.GetFrom(), connection.GetTo(), connection.GetRepairs());
}

int64_t
TcpMessageTransport::AssignStreams(int64_t stream)
{
    return InternetStackHelper().AssignStreams(m_nodes, stream);
}

void
TcpMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(message.from >= m_nodes.GetN() || message.to >= m_nodes.GetN(),
                    "TcpMessageTransport::Send: no such node, got "
                        << message.from << " to " << message.to << ", allowed below "
                        << m_nodes.GetN());
    const auto found = m_connections.find(NodePairKey(message.from, message.to));
    const Ptr<TcpMessageConnection> connection =
        found != m_connections.end() ? found->second : Open(message.from, message.to);
    connection->Send(message, message.sizeBytes + GetFrameHeaderSize());
}

void
TcpMessageTransport::DoAbort(uint64_t id, uint32_t from, uint32_t to)
{
    if (const auto found = m_connections.find(NodePairKey(from, to)); found != m_connections.end())
    {
        found->second->Withdraw(id);
    }
}

Ptr<TcpMessageConnection>
TcpMessageTransport::Open(uint32_t from, uint32_t to)
{
    NS_LOG_FUNCTION(this << from << to);
    DropIdle();
    Listen(to);
    const auto connection =
        Create<TcpMessageConnection>(from,
                                     to,
                                     MakeCallback(&TcpMessageTransport::NotifyFirstByte, this),
                                     MakeCallback(&TcpMessageTransport::NotifyDelivered, this),
                                     MakeCallback(&TcpMessageTransport::HandleFailure, this));
    m_connections[NodePairKey(from, to)] = connection;
    connection->Open(CreateSocket(from), InetSocketAddress(m_address(from, to), m_port));
    const InetSocketAddress local = connection->GetLocalAddress();
    m_endpoints[{local.GetIpv4(), local.GetPort()}] = connection;
    return connection;
}

void
TcpMessageTransport::DropIdle()
{
    const Time now = Simulator::Now();
    if (now - m_lastDrop < NanoSeconds(m_idleTimeout.GetNanoSeconds() / 2))
    {
        return;
    }
    m_lastDrop = now;
    for (auto it = m_connections.begin(); it != m_connections.end();)
    {
        const Ptr<TcpMessageConnection> connection = it->second;
        if (!connection->IsIdleSince(now - m_idleTimeout))
        {
            ++it;
            continue;
        }
        NS_LOG_LOGIC("the connection from node " << connection->GetFrom() << " to node "
                                                 << connection->GetTo()
                                                 << " has been idle for long and is dropped");
        KeepCounts(*connection);
        const InetSocketAddress local = connection->GetLocalAddress();
        m_endpoints.erase({local.GetIpv4(), local.GetPort()});
        connection->Drop();
        it = m_connections.erase(it);
    }
}

void
TcpMessageTransport::Listen(uint32_t node)
{
    NS_LOG_FUNCTION(this << node);
    if (m_listeners[node])
    {
        return;
    }
    const Ptr<Socket> socket = CreateSocket(node);
    const int bound = socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), m_port));
    NS_ABORT_MSG_IF(bound != 0,
                    "TcpMessageTransport: port " << m_port << " of node " << node
                                                 << " is taken; set the attribute Port");
    socket->Listen();
    socket->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                              MakeCallback(&TcpMessageTransport::HandleAccept, this));
    m_listeners[node] = socket;
}

Ptr<LeanTcpSocket>
TcpMessageTransport::CreateSocket(uint32_t node) const
{
    const auto socket = LeanTcpSocket::CreateOn(m_nodes.Get(node), m_congestionControl);
    socket->SetAttribute("SegmentSize", UintegerValue(m_segmentSize));
    socket->SetAttribute("SndBufSize", UintegerValue(m_sendBuffer));
    socket->SetAttribute("RcvBufSize", UintegerValue(m_receiveBuffer));
    socket->SetAttribute("InitialCwnd", UintegerValue(m_initialCwnd));
    socket->SetAttribute("MinRto", TimeValue(m_minRto));
    // RTO = SRTT + max(granularity, 4 RTTVAR): Linux holds the second term to the least timeout, so
    // that a steady round trip longer than it does not time out at its first jitter.
    socket->SetAttribute("ClockGranularity", TimeValue(m_minRto));
    socket->SetAttribute("DelAckCount", UintegerValue(m_delAckCount));
    socket->SetAttribute("DelAckTimeout", TimeValue(m_delAckTimeout));
    socket->SetAttribute("ConnTimeout", TimeValue(m_connTimeout));
    socket->SetAttribute("ConnCount", UintegerValue(m_connCount));
    socket->SetAttribute("UndoTimeouts", BooleanValue(m_undoTimeouts));
    socket->SetAttribute("RestartAfterIdle", BooleanValue(m_slowStartAfterIdle));
    socket->SetAttribute("QuickAcks", UintegerValue(m_quickAcks));
    return socket;
}

void
TcpMessageTransport::HandleAccept(Ptr<Socket> socket, const Address& peer)
{
    const InetSocketAddress sender = InetSocketAddress::ConvertFrom(peer);
    const auto found = m_endpoints.find({sender.GetIpv4(), sender.GetPort()});
    // A connection that was given up during its handshake may still be accepted: nothing follows.
    if (found != m_endpoints.end())
    {
        found->second->Accept(socket);
    }
}

void
TcpMessageTransport::HandleFailure(Ptr<TcpMessageConnection> connection, const std::string& reason)
{
    NS_LOG_FUNCTION(this << connection->GetFrom() << connection->GetTo() << reason);
    m_connections.erase(NodePairKey(connection->GetFrom(), connection->GetTo()));
    KeepCounts(*connection);
    // Later, because this runs in the middle of the socket's own work, or of Send().
    Simulator::ScheduleNow(&TcpMessageTransport::GiveUp, this, connection, reason);
}

void
TcpMessageTransport::GiveUp(Ptr<TcpMessageConnection> connection, std::string reason)
{
    NS_LOG_FUNCTION(this << connection << reason);
    const InetSocketAddress local = connection->GetLocalAddress();
    m_endpoints.erase({local.GetIpv4(), local.GetPort()});
    for (const Message& message : connection->Close())
    {
        NotifyFailed(message, reason);
    }
}

} // namespace murmuration
} // namespace ns3
