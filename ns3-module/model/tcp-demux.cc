/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "tcp-demux.h"

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-route.h"
#include "ns3/ipv6-header.h"
#include "ns3/ipv6-interface.h"
#include "ns3/log.h"
#include "ns3/loopback-net-device.h"

#include <array>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationTcpDemux");

NS_OBJECT_ENSURE_REGISTERED(TcpDemux);

namespace
{

constexpr uint32_t IPV4_HEADER_SIZE = 20; //!< ns-3 sends no IPv4 options
constexpr uint32_t PPP_HEADER_SIZE = 2;   //!< Of a PointToPointNetDevice

/** @brief The ports of a segment. */
struct Ports
{
    uint16_t source;      //!< Of the sender
    uint16_t destination; //!< Of the receiver
};

/**
 * Read the ports, the first fields of a TCP header.
 * @param bytes where it begins
 * @return the ports
 */
Ports
ReadPorts(const uint8_t* bytes)
{
    return {static_cast<uint16_t>((bytes[0] << 8) | bytes[1]),
            static_cast<uint16_t>((bytes[2] << 8) | bytes[3])};
}

/**
 * One number for a connection of a node.
 * @param peer address of the other end
 * @param peerPort port of the other end
 * @param localPort port of this end
 * @return the key
 */
uint64_t
ConnectionKey(Ipv4Address peer, uint16_t peerPort, uint16_t localPort)
{
    return (uint64_t{peer.Get()} << 32) | (uint32_t{peerPort} << 16) | localPort;
}

} // namespace

TypeId
TcpDemux::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::TcpDemux")
                            .SetParent<IpL4Protocol>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<TcpDemux>();
    return tid;
}

Ptr<TcpDemux>
TcpDemux::InstallOn(Ptr<Node> node)
{
    NS_LOG_FUNCTION(node);
    if (const auto present = node->GetObject<TcpDemux>())
    {
        return present;
    }
    const auto demux = CreateObject<TcpDemux>();
    demux->m_tcp = node->GetObject<TcpL4Protocol>();
    demux->m_down = demux->m_tcp->GetDownTarget();
    demux->m_tcp->SetDownTarget(MakeCallback(&TcpDemux::Send, PeekPointer(demux)));
    node->AggregateObject(demux);
    const Ptr<Ipv4L3Protocol> ipv4 = node->GetObject<Ipv4L3Protocol>();
    for (uint32_t interface = 0; interface < ipv4->GetNInterfaces(); ++interface)
    {
        if (!DynamicCast<LoopbackNetDevice>(ipv4->GetNetDevice(interface)))
        {
            ipv4->Insert(demux, interface);
        }
    }
    return demux;
}

void
TcpDemux::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_down = DownTargetCallback();
    m_tcp = nullptr;
    m_sockets.clear();
    IpL4Protocol::DoDispose();
}

uint64_t
TcpDemux::GetBytesSent() const
{
    return m_bytesSent;
}

uint64_t
TcpDemux::GetBytesReceived() const
{
    return m_bytesReceived;
}

void
TcpDemux::Send(Ptr<Packet> packet,
               Ipv4Address source,
               Ipv4Address destination,
               uint8_t protocol,
               Ptr<Ipv4Route> route)
{
    m_bytesSent += IPV4_HEADER_SIZE + packet->GetSize();
    if (m_holdsBack)
    {
        std::array<uint8_t, 4> bytes{};
        packet->CopyData(bytes.data(), bytes.size());
        const Ports ports = ReadPorts(bytes.data());
        const auto found =
            m_sockets.find(ConnectionKey(destination, ports.destination, ports.source));
        if (found != m_sockets.end())
        {
            found->second->NoteQueued(IPV4_HEADER_SIZE + packet->GetSize());
        }
    }
    m_down(packet, source, destination, protocol, route);
}

void
TcpDemux::HoldBack(Ptr<NetDevice> device, Ptr<Queue<Packet>> queue)
{
    NS_LOG_FUNCTION(this << device << queue);
    m_holdsBack = true;
    device->TraceConnectWithoutContext("PhyTxEnd", MakeCallback(&TcpDemux::HandleLeft, this));
    queue->TraceConnectWithoutContext("Drop", MakeCallback(&TcpDemux::HandleLeft, this));
}

void
TcpDemux::HandleLeft(Ptr<const Packet> packet)
{
    std::array<uint8_t, PPP_HEADER_SIZE + IPV4_HEADER_SIZE + 4> bytes{};
    packet->CopyData(bytes.data(), bytes.size());
    const uint32_t begin = bytes[0] >> 4 == 4 ? 0 : PPP_HEADER_SIZE;
    const Ports ports = ReadPorts(&bytes[begin + IPV4_HEADER_SIZE]);
    const Ipv4Address destination = Ipv4Address::Deserialize(&bytes[begin + 16]);
    const auto found = m_sockets.find(ConnectionKey(destination, ports.destination, ports.source));
    if (found != m_sockets.end())
    {
        found->second->NoteLeft(packet->GetSize() - begin);
    }
}

void
TcpDemux::Add(Ptr<LeanTcpSocket> socket, Ipv4Address peer, uint16_t peerPort, uint16_t localPort)
{
    NS_LOG_FUNCTION(this << socket << peer << peerPort << localPort);
    m_sockets[ConnectionKey(peer, peerPort, localPort)] = socket;
}

void
TcpDemux::Remove(Ipv4Address peer, uint16_t peerPort, uint16_t localPort)
{
    NS_LOG_FUNCTION(this << peer << peerPort << localPort);
    m_sockets.erase(ConnectionKey(peer, peerPort, localPort));
}

IpL4Protocol::RxStatus
TcpDemux::Receive(Ptr<Packet> p, const Ipv4Header& header, Ptr<Ipv4Interface> incomingInterface)
{
    m_bytesReceived += IPV4_HEADER_SIZE + p->GetSize();
    std::array<uint8_t, 4> bytes{};
    p->CopyData(bytes.data(), bytes.size());
    const Ports ports = ReadPorts(bytes.data());
    const auto found =
        m_sockets.find(ConnectionKey(header.GetSource(), ports.source, ports.destination));
    // Checksums are the business of TcpL4Protocol.
    if (found == m_sockets.end() || Node::ChecksumEnabled())
    {
        return m_tcp->Receive(p, header, incomingInterface);
    }
    if (!found->second->Take(p, header, ports.source, incomingInterface))
    {
        m_sockets.erase(found);
        return m_tcp->Receive(p, header, incomingInterface);
    }
    return RX_OK;
}

IpL4Protocol::RxStatus
TcpDemux::Receive(Ptr<Packet> p, const Ipv6Header& header, Ptr<Ipv6Interface> incomingInterface)
{
    return m_tcp->Receive(p, header, incomingInterface);
}

int
TcpDemux::GetProtocolNumber() const
{
    return TcpL4Protocol::PROT_NUMBER;
}

void
TcpDemux::SetDownTarget(DownTargetCallback cb)
{
    m_down = cb;
}

void
TcpDemux::SetDownTarget6(DownTargetCallback6 cb)
{
    m_tcp->SetDownTarget6(cb);
}

IpL4Protocol::DownTargetCallback
TcpDemux::GetDownTarget() const
{
    return m_down;
}

IpL4Protocol::DownTargetCallback6
TcpDemux::GetDownTarget6() const
{
    return m_tcp->GetDownTarget6();
}

} // namespace murmuration
} // namespace ns3
