/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "tcp-message-connection.h"

#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationTcpMessageConnection");

TcpMessageConnection::TcpMessageConnection(uint32_t from,
                                           uint32_t to,
                                           FirstByteCallback firstByte,
                                           DeliveryCallback delivery,
                                           FailureCallback failure)
    : m_from(from),
      m_to(to),
      m_firstByte(firstByte),
      m_delivery(delivery),
      m_failure(failure)
{
    NS_LOG_FUNCTION(this << from << to);
}

TcpMessageConnection::~TcpMessageConnection()
{
    NS_LOG_FUNCTION(this);
    Detach();
}

uint32_t
TcpMessageConnection::GetFrom() const
{
    return m_from;
}

uint32_t
TcpMessageConnection::GetTo() const
{
    return m_to;
}

void
TcpMessageConnection::Open(Ptr<LeanTcpSocket> socket, const InetSocketAddress& peer)
{
    NS_LOG_FUNCTION(this << peer.GetIpv4());
    m_sender = socket;
    UintegerValue bufferSize;
    socket->GetAttribute("SndBufSize", bufferSize);
    // A write costs an event of its own. An eighth of the buffer leaves the sender seven to send.
    m_minWrite = static_cast<uint32_t>(bufferSize.Get() / 8);
    socket->SetConnectCallback(MakeCallback(&TcpMessageConnection::HandleConnected, this),
                               MakeCallback(&TcpMessageConnection::HandleConnectFailed, this));
    socket->SetCloseCallbacks(MakeCallback(&TcpMessageConnection::HandleClosed, this),
                              MakeCallback(&TcpMessageConnection::HandleErrorClosed, this));
    socket->SetSendCallback(MakeCallback(&TcpMessageConnection::HandleRoom, this));
    socket->SetTimeoutCallback(MakeCallback(&TcpMessageConnection::HandleTimeout, this));
    // ns-3 ignores the RST that answers a SYN, and would go on trying.
    socket->TraceConnectWithoutContext("Rx",
                                       MakeCallback(&TcpMessageConnection::WatchHandshake, this));
    if (socket->Connect(peer) != 0)
    {
        Fail("there is no route to the receiver");
    }
    // Kept, because a socket forgets its name when it closes.
    socket->GetSockName(m_local);
}

InetSocketAddress
TcpMessageConnection::GetLocalAddress() const
{
    return InetSocketAddress::ConvertFrom(m_local);
}

void
TcpMessageConnection::Accept(Ptr<Socket> socket)
{
    NS_LOG_FUNCTION(this << socket);
    m_receiver = socket;
    socket->SetRecvCallback(MakeCallback(&TcpMessageConnection::HandleData, this));
    Read();
}

void
TcpMessageConnection::Send(const Message& message, uint64_t streamBytes)
{
    NS_LOG_FUNCTION(this << message.id << streamBytes);
    m_lastUse = Simulator::Now();
    m_messages.push_back({message, m_end, m_end + streamBytes, Trust::SURE, false});
    m_end += streamBytes;
    m_unwritten += streamBytes;
    Write();
}

void
TcpMessageConnection::Withdraw(uint64_t id)
{
    NS_LOG_FUNCTION(this << id);
    const auto found =
        std::find_if(m_messages.begin(), m_messages.end(), [id](const Pending& pending) {
            return pending.message.id == id;
        });
    const uint64_t written = m_end - m_unwritten;
    if (found == m_messages.end() || found->end <= written)
    {
        return;
    }
    const uint64_t bytes = found->end - std::max(found->begin, written);
    m_unwritten -= bytes;
    m_end -= bytes;
    for (auto later = m_messages.erase(found); later != m_messages.end(); ++later)
    {
        later->begin -= bytes;
        later->end -= bytes;
    }
    // What is left may be too little to wait for more room.
    Write();
}

void
TcpMessageConnection::Write()
{
    // Not before the handshake is complete: a socket with data does not give up its SYN on Close().
    if (!m_connected || m_failed)
    {
        return;
    }
    const uint64_t room = m_sender->GetTxAvailable();
    if (m_unwritten == 0 || room < std::min<uint64_t>(m_unwritten, m_minWrite))
    {
        return;
    }
    const auto size = static_cast<uint32_t>(std::min(room, m_unwritten));
    if (m_sender->Send(Create<Packet>(size), 0) >= 0)
    {
        m_unwritten -= size;
    }
}

void
TcpMessageConnection::Read()
{
    for (Ptr<Packet> packet = m_receiver->Recv(); packet && packet->GetSize() > 0;
         packet = m_receiver->Recv())
    {
        m_read += packet->GetSize();
    }
    while (!m_messages.empty())
    {
        Pending& front = m_messages.front();
        if (!front.isBegun && front.begin < m_read)
        {
            front.isBegun = true;
            m_firstByte(front.message.id, Simulator::Now());
        }
        if (front.end > m_read)
        {
            return;
        }
        m_lastUse = Simulator::Now();
        const Message message = std::move(m_messages.front().message);
        m_messages.pop_front();
        m_delivery(message);
    }
}

void
TcpMessageConnection::Fail(const std::string& reason)
{
    NS_LOG_FUNCTION(this << reason);
    if (!std::exchange(m_failed, true))
    {
        m_failure(this, reason);
    }
}

std::deque<Message>
TcpMessageConnection::Close()
{
    NS_LOG_FUNCTION(this);
    Detach();
    // The receiving end is left open: if the path is dead, its FIN would be repeated forever.
    m_sender->Close();
    std::deque<Message> undelivered;
    for (const Pending& pending : std::exchange(m_messages, {}))
    {
        undelivered.push_back(pending.message);
    }
    return undelivered;
}

bool
TcpMessageConnection::IsIdleSince(Time since) const
{
    return m_connected && !m_failed && m_receiver && m_messages.empty() && m_lastUse <= since &&
           m_sender->IsIdle();
}

void
TcpMessageConnection::Drop()
{
    Detach();
    m_sender->Drop();
    if (const auto receiver = DynamicCast<LeanTcpSocket>(m_receiver))
    {
        receiver->Drop();
    }
}

void
TcpMessageConnection::AddDoubts(DoubtsByReason& all) const
{
    for (const auto& [reason, count] : m_doubts)
    {
        all[reason] += count;
    }
}

Repairs
TcpMessageConnection::GetRepairs() const
{
    return {m_sender->GetNRetransmissions(), m_sender->GetNTimeouts()};
}

void
TcpMessageConnection::HandleTimeout(LeanTcpSocket::TimeoutEvent event)
{
    // By the time of the verdict, a message that the timeout has met may have arrived.
    if (event != LeanTcpSocket::EXPIRED)
    {
        const bool isDoubtful = event != LeanTcpSocket::UNDONE;
        if (isDoubtful && m_nSuspect > 0)
        {
            m_doubts[event == LeanTcpSocket::EARLY ? "early_timeout" : "timeout"] += m_nSuspect;
        }
        m_nSuspect = 0;
        for (Pending& pending : m_messages)
        {
            if (pending.trust == Trust::SUSPECT)
            {
                pending.trust = isDoubtful ? Trust::DOUBTFUL : Trust::SURE;
            }
        }
        return;
    }
    for (Pending& pending : m_messages)
    {
        if (pending.begin >= m_end - m_unwritten)
        {
            break;
        }
        if (pending.trust == Trust::SURE)
        {
            pending.trust = Trust::SUSPECT;
            ++m_nSuspect;
        }
    }
}

void
TcpMessageConnection::Detach()
{
    const auto none = MakeNullCallback<void, Ptr<Socket>>();
    if (m_receiver)
    {
        m_receiver->SetRecvCallback(none);
    }
    if (m_sender)
    {
        m_sender->SetConnectCallback(none, none);
        m_sender->SetCloseCallbacks(none, none);
        m_sender->SetSendCallback(MakeNullCallback<void, Ptr<Socket>, uint32_t>());
        m_sender->SetTimeoutCallback(Callback<void, LeanTcpSocket::TimeoutEvent>());
        StopWatching();
    }
}

void
TcpMessageConnection::StopWatching()
{
    m_sender->TraceDisconnectWithoutContext(
        "Rx",
        MakeCallback(&TcpMessageConnection::WatchHandshake, this));
}

void
TcpMessageConnection::WatchHandshake(Ptr<const Packet> /* packet */,
                                     const TcpHeader& header,
                                     Ptr<const TcpSocketBase> /* socket */)
{
    if (header.GetFlags() & TcpHeader::RST)
    {
        Fail("the connection was refused");
    }
}

void
TcpMessageConnection::HandleConnected(Ptr<Socket> /* socket */)
{
    StopWatching();
    m_connected = true;
    Write();
}

void
TcpMessageConnection::HandleConnectFailed(Ptr<Socket> /* socket */)
{
    Fail("the connection attempt timed out");
}

void
TcpMessageConnection::HandleClosed(Ptr<Socket> /* socket */)
{
    Fail("the connection was reset or closed by the receiver");
}

void
TcpMessageConnection::HandleErrorClosed(Ptr<Socket> /* socket */)
{
    Fail("retransmissions were not acknowledged");
}

void
TcpMessageConnection::HandleRoom(Ptr<Socket> /* socket */, uint32_t /* available */)
{
    Write();
}

void
TcpMessageConnection::HandleData(Ptr<Socket> /* socket */)
{
    Read();
}

} // namespace murmuration
} // namespace ns3
