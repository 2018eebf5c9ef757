/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "lean-tcp-socket.h"

#include "tcp-demux.h"

#include "ns3/ipv4-end-point.h"
#include "ns3/object-factory.h"
#include "ns3/rtt-estimator.h"
#include "ns3/simulator.h"
#include "ns3/tcp-congestion-ops.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/tcp-recovery-ops.h"
#include "ns3/tcp-tx-buffer.h"
#include "ns3/type-id.h"

#include <string>

namespace ns3
{
namespace murmuration
{

NS_OBJECT_ENSURE_REGISTERED(LeanTcpSocket);

namespace
{

/**
 * Make an object of the class that an attribute names.
 * @param tcp whose attribute
 * @param attribute its name
 * @return the object
 */
template <typename T>
Ptr<T>
CreateFromAttribute(Ptr<TcpL4Protocol> tcp, const std::string& attribute)
{
    TypeIdValue type;
    tcp->GetAttribute(attribute, type);
    ObjectFactory factory;
    factory.SetTypeId(type.Get());
    return factory.Create<T>();
}

} // namespace

TypeId
LeanTcpSocket::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::LeanTcpSocket")
                            .SetParent<TcpSocketBase>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<LeanTcpSocket>();
    return tid;
}

Ptr<LeanTcpSocket>
LeanTcpSocket::CreateOn(Ptr<Node> node, TypeId congestionControl)
{
    const Ptr<TcpL4Protocol> tcp = node->GetObject<TcpL4Protocol>();
    ObjectFactory congestionFactory;
    congestionFactory.SetTypeId(congestionControl);
    const auto socket = CreateObject<LeanTcpSocket>();
    socket->SetNode(node);
    socket->SetTcp(tcp);
    socket->SetRtt(CreateFromAttribute<RttEstimator>(tcp, "RttEstimatorType"));
    socket->SetCongestionControlAlgorithm(congestionFactory.Create<TcpCongestionOps>());
    socket->SetRecoveryAlgorithm(CreateFromAttribute<TcpRecoveryOps>(tcp, "RecoveryType"));
    tcp->AddSocket(socket);
    return socket;
}

Ptr<TcpSocketBase>
LeanTcpSocket::Fork()
{
    return CopyObject<LeanTcpSocket>(this);
}

int
LeanTcpSocket::Connect(const Address& address)
{
    const int result = TcpSocketBase::Connect(address);
    JoinDemux();
    return result;
}

void
LeanTcpSocket::CompleteFork(Ptr<Packet> p,
                            const TcpHeader& tcpHeader,
                            const Address& fromAddress,
                            const Address& toAddress)
{
    TcpSocketBase::CompleteFork(p, tcpHeader, fromAddress, toAddress);
    JoinDemux();
}

void
LeanTcpSocket::JoinDemux()
{
    const Ptr<TcpDemux> demux = GetNode()->GetObject<TcpDemux>();
    if (demux && m_endPoint)
    {
        demux->Add(this,
                   m_endPoint->GetPeerAddress(),
                   m_endPoint->GetPeerPort(),
                   m_endPoint->GetLocalPort());
    }
}

bool
LeanTcpSocket::Take(Ptr<Packet> packet,
                    const Ipv4Header& header,
                    uint16_t peerPort,
                    Ptr<Ipv4Interface> incomingInterface)
{
    if (!m_endPoint || m_endPoint->GetLocalAddress() != header.GetDestination())
    {
        return false;
    }
    m_endPoint->ForwardUp(packet, header, peerPort, incomingInterface);
    return true;
}

uint32_t
LeanTcpSocket::AvailableWindow() const
{
    // Outside of recovery, only unsent and lost segments are ever sent.
    if (m_tcb->m_congState == TcpSocketState::CA_OPEN && m_txBuffer->GetLost() == 0 &&
        m_txBuffer->SizeFromSequence(m_tcb->m_highTxMark) == 0)
    {
        return 0;
    }
    return TcpSocketBase::AvailableWindow();
}

void
LeanTcpSocket::NewAck(const SequenceNumber32& seq, bool resetRTO)
{
    // The condition under which the base class stops the timer.
    if (m_state != SYN_RCVD && resetRTO)
    {
        Simulator::Remove(m_retxEvent);
    }
    TcpSocketBase::NewAck(seq, resetRTO);
}

void
LeanTcpSocket::ReceivedData(Ptr<Packet> packet, const TcpHeader& tcpHeader)
{
    // With the last segment that an acknowledgement waits for, the base class sends it on every
    // path, and stops the timer.
    if (m_delAckCount + 1 >= m_delAckMaxCount)
    {
        Simulator::Remove(m_delAckEvent);
    }
    TcpSocketBase::ReceivedData(packet, tcpHeader);
}

} // namespace murmuration
} // namespace ns3
