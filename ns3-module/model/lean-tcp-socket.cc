/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "lean-tcp-socket.h"

#include "tcp-demux.h"

#include "ns3/boolean.h"
#include "ns3/ipv4-end-point.h"
#include "ns3/log.h"
#include "ns3/object-factory.h"
#include "ns3/rtt-estimator.h"
#include "ns3/simulator.h"
#include "ns3/tcp-congestion-ops.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/tcp-option-ts.h"
#include "ns3/tcp-recovery-ops.h"
#include "ns3/tcp-tx-buffer.h"
#include "ns3/type-id.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <string>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLeanTcpSocket");

NS_OBJECT_ENSURE_REGISTERED(LeanTcpSocket);

namespace
{

/** Of one connection in a queue at the host. */
constexpr uint32_t HOST_SEGMENTS = 9;

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
                            .AddConstructor<LeanTcpSocket>()
                            .AddAttribute("UndoTimeouts",
                                          "Whether one segment is sent again when the timer "
                                          "expires, and the timeout undone if nothing was lost.",
                                          BooleanValue(true),
                                          MakeBooleanAccessor(&LeanTcpSocket::m_undoTimeouts),
                                          MakeBooleanChecker())
                            .AddAttribute("RestartAfterIdle",
                                          "Whether the window shrinks after an idle time of one "
                                          "RTO, as Linux's tcp_slow_start_after_idle has it.",
                                          BooleanValue(true),
                                          MakeBooleanAccessor(&LeanTcpSocket::m_restartAfterIdle),
                                          MakeBooleanChecker())
                            .AddAttribute("QuickAcks",
                                          "How many segments of a new connection are each "
                                          "acknowledged at once; Linux: 16.",
                                          UintegerValue(16),
                                          MakeUintegerAccessor(&LeanTcpSocket::m_quickAcks),
                                          MakeUintegerChecker<uint32_t>());
    return tid;
}

TypeId
LeanTcpSocket::GetInstanceTypeId() const
{
    return GetTypeId();
}

Ptr<LeanTcpSocket>
LeanTcpSocket::CreateOn(Ptr<Node> node, TypeId congestionControl)
{
    NS_LOG_FUNCTION(node << congestionControl.GetName());
    const Ptr<TcpL4Protocol> tcp = node->GetObject<TcpL4Protocol>();
    ObjectFactory congestionFactory;
    congestionFactory.SetTypeId(congestionControl);
    const auto socket = CreateObject<LeanTcpSocket>();
    socket->SetNode(node);
    socket->SetTcp(tcp);
    socket->SetRtt(CreateFromAttribute<RttEstimator>(tcp, "RttEstimatorType"));
    socket->SetCongestionControlAlgorithm(congestionFactory.Create<TcpCongestionOps>());
    socket->m_cubic = DynamicCast<LinuxCubic>(socket->m_congestionControl);
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
    NS_LOG_FUNCTION(this << address);
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
    NS_LOG_FUNCTION(this << p);
    // The congestion control is a copy of the listener's.
    m_cubic = DynamicCast<LinuxCubic>(m_congestionControl);
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
    if (m_hostBytes > 0 && m_hostBytes >= GetHostLimit())
    {
        m_isHeldBack = true;
        return 0;
    }
    return TcpSocketBase::AvailableWindow();
}

uint32_t
LeanTcpSocket::GetHostLimit() const
{
    // As measured: two of Linux's buffers of some segments each, and the one that goes beyond; or
    // what leaves in a millisecond, at 1.2 windows per round-trip time.
    const double rtt = std::max(m_tcb->m_lastRtt.Get().GetSeconds(), 1e-6);
    const double millisecond = 1.2 * m_tcb->m_cWnd.Get() / rtt / 1024;
    return std::max(HOST_SEGMENTS * m_tcb->m_segmentSize, static_cast<uint32_t>(millisecond));
}

void
LeanTcpSocket::NoteQueued(uint32_t bytes)
{
    m_hostBytes += bytes;
}

void
LeanTcpSocket::NoteLeft(uint32_t bytes)
{
    // The SYN was not counted in.
    m_hostBytes -= std::min(m_hostBytes, bytes);
    if (m_isHeldBack)
    {
        m_isHeldBack = false;
        // Later, because this runs in the middle of the device's own work.
        Simulator::ScheduleNow(&LeanTcpSocket::Resume, Ptr<LeanTcpSocket>(this));
    }
}

void
LeanTcpSocket::Resume()
{
    if (m_endPoint && m_state != CLOSED)
    {
        SendPendingData(m_connected);
    }
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
    const uint32_t delayed = m_delAckMaxCount;
    if (m_quickAcks > 0)
    {
        --m_quickAcks;
        m_delAckMaxCount = 1;
    }
    TcpSocketBase::ReceivedData(packet, tcpHeader);
    m_delAckMaxCount = delayed;
}

void
LeanTcpSocket::SetTimeoutCallback(Callback<void, TimeoutEvent> callback)
{
    m_timeoutCallback = callback;
}

uint64_t
LeanTcpSocket::GetNRetransmissions() const
{
    return m_nRetransmissions;
}

uint64_t
LeanTcpSocket::GetNTimeouts() const
{
    return m_nTimeouts;
}

bool
LeanTcpSocket::IsIdle() const
{
    return m_state == ESTABLISHED && m_txBuffer->Size() == 0;
}

void
LeanTcpSocket::Drop()
{
    NS_LOG_FUNCTION(this);
    const Ptr<TcpDemux> demux = GetNode()->GetObject<TcpDemux>();
    if (demux && m_endPoint)
    {
        demux->Remove(m_endPoint->GetPeerAddress(),
                      m_endPoint->GetPeerPort(),
                      m_endPoint->GetLocalPort());
    }
    CancelAllTimers();
    m_state = CLOSED;
    DeallocateEndPoint();
}

int
LeanTcpSocket::Send(Ptr<Packet> p, uint32_t flags)
{
    RestartIfIdle();
    return TcpSocketBase::Send(p, flags);
}

void
LeanTcpSocket::RestartIfIdle()
{
    if (!m_restartAfterIdle || m_txBuffer->Size() > 0 || m_lastSent == Time::Min() ||
        m_congestionControl->HasCongControl())
    {
        return;
    }
    // As Linux: half for each RTO, down to the initial window; a threshold remembers three
    // quarters.
    Time idle = Simulator::Now() - m_lastSent;
    if (idle <= m_rto.Get())
    {
        return;
    }
    uint32_t window = m_tcb->m_cWnd;
    const uint32_t least = std::min(window, m_tcb->m_initialCWnd * m_tcb->m_segmentSize);
    m_tcb->m_ssThresh = std::max(m_tcb->m_ssThresh.Get(), window / 4 * 3);
    for (idle -= m_rto; idle.IsStrictlyPositive() && window > least; idle -= m_rto)
    {
        window /= 2;
    }
    NS_LOG_LOGIC("idle: window from " << m_tcb->m_cWnd << " to " << std::max(window, least));
    m_tcb->m_cWnd = std::max(window, least);
    m_tcb->m_cWndInfl = m_tcb->m_cWnd;
}

uint32_t
LeanTcpSocket::SendDataPacket(SequenceNumber32 seq, uint32_t maxSize, bool withAck)
{
    m_nRetransmissions += seq < m_tcb->m_highTxMark.Get() ? 1 : 0;
    const uint32_t size = TcpSocketBase::SendDataPacket(seq, maxSize, withAck);
    m_lastSent = Simulator::Now();
    if (m_cubic)
    {
        m_cubic->SetLastSent(m_lastSent);
        NoteWindowUse();
    }
    return size;
}

void
LeanTcpSocket::NoteWindowUse()
{
    const uint32_t unacknowledged = UnAckDataCount();
    const bool isFull = m_txBuffer->BytesInFlight() + m_tcb->m_segmentSize > m_tcb->m_cWnd;
    if (m_txBuffer->HeadSequence() >= m_windowUse.until || isFull ||
        (!m_windowUse.isFull && unacknowledged > m_windowUse.mostBytes))
    {
        m_windowUse = {isFull, unacknowledged, m_tcb->m_highTxMark};
    }
}

bool
LeanTcpSocket::IsWindowUsed() const
{
    // In slow start a window may come to twice what is used: its growth is a probe.
    return m_windowUse.isFull ||
           (m_tcb->m_cWnd < m_tcb->m_ssThresh && m_tcb->m_cWnd < 2 * m_windowUse.mostBytes);
}

void
LeanTcpSocket::EstimateRtt(const TcpHeader& tcpHeader)
{
    if (m_undoTimeouts || m_cubic)
    {
        m_lastRawRtt = Time(0);
        for (const RttHistory& sent : m_history)
        {
            if (sent.seq + SequenceNumber32(sent.count) > tcpHeader.GetAckNumber())
            {
                break;
            }
            m_lastRawRtt = sent.retx ? m_lastRawRtt : Simulator::Now() - sent.time;
        }
    }
    // With timestamps, what was sent twice gives a sample as well [RFC 7323, section 4].
    if (m_undoTimeouts && m_timestampEnabled && !m_history.empty())
    {
        m_history.front().retx = false;
    }
    TcpSocketBase::EstimateRtt(tcpHeader);
}

void
LeanTcpSocket::ReceivedAck(Ptr<Packet> packet, const TcpHeader& tcpHeader)
{
    if (m_timeout && tcpHeader.GetAckNumber() > m_txBuffer->HeadSequence())
    {
        Judge(tcpHeader);
    }
    if (m_cubic)
    {
        m_cubic->SetSample({m_lastRawRtt, tcpHeader.GetAckNumber(), IsWindowUsed()});
    }
    TcpSocketBase::ReceivedAck(packet, tcpHeader);
}

bool
LeanTcpSocket::CanUndo() const
{
    const bool isOpen = m_state == ESTABLISHED || m_state == CLOSE_WAIT || m_state == FIN_WAIT_1 ||
                        m_state == CLOSING || m_state == LAST_ACK;
    // One that comes while losses are being made good has found one more.
    return m_undoTimeouts && m_timestampEnabled && m_sackEnabled && isOpen &&
           UnAckDataCount() > 0 && m_txBuffer->Size() > 0 && m_dataRetrCount > 0 &&
           (m_timeout || m_tcb->m_congState != TcpSocketState::CA_LOSS);
}

void
LeanTcpSocket::ReTxTimeout()
{
    NS_LOG_FUNCTION(this);
    const bool hasData =
        m_state != CLOSED && m_state != TIME_WAIT && m_state != SYN_SENT && m_txBuffer->Size() > 0;
    if (hasData)
    {
        ++m_nTimeouts;
        NotifyTimeout(EXPIRED);
    }
    if (CanUndo())
    {
        Probe();
        return;
    }
    if (hasData)
    {
        NotifyTimeout(LOSS);
    }
    m_timeout.reset();
    TcpSocketBase::ReTxTimeout();
}

void
LeanTcpSocket::Probe()
{
    NS_LOG_FUNCTION(this);
    --m_dataRetrCount;
    if (!m_timeout)
    {
        m_timeout = Timeout{TcpOptionTS::NowToTsValue(),
                            m_tcb->m_cWnd,
                            m_tcb->m_ssThresh,
                            m_tcb->m_congState,
                            m_recover,
                            m_recoverActive,
                            GetProbedUntil()};
        m_tcb->m_ssThresh = m_congestionControl->GetSsThresh(m_tcb, BytesInFlight());
    }
    m_dupAckCount = 0;
    m_recover = m_tcb->m_highTxMark;
    m_recoverActive = true;
    m_rto = Min(m_rto.Get() + m_rto.Get(), Seconds(60));
    m_congestionControl->CwndEvent(m_tcb, TcpSocketState::CA_EVENT_LOSS);
    m_congestionControl->CongestionStateSet(m_tcb, TcpSocketState::CA_LOSS);
    m_tcb->m_congState = TcpSocketState::CA_LOSS;
    m_tcb->m_cWnd = m_tcb->m_segmentSize;
    m_tcb->m_cWndInfl = m_tcb->m_cWnd;
    m_pacingTimer.Cancel();
    m_txBuffer->MarkHeadAsLost();
    SendDataPacket(m_txBuffer->HeadSequence(), m_tcb->m_segmentSize, true);
}

Time
LeanTcpSocket::GetProbedUntil() const
{
    // Linux's timer begins anew when a tail loss probe is sent, two round-trip times after the last
    // acknowledgement, in place of a first timeout (tcp_schedule_loss_probe()). A window beyond
    // slow start is given back as it was; within it, what ends that is forgotten by a timeout.
    const bool matters =
        m_tcb->m_congState == TcpSocketState::CA_OPEN && m_tcb->m_cWnd < m_tcb->m_ssThresh;
    const Time wait = std::min(m_rtt->GetEstimate() + m_rtt->GetEstimate(), m_rto.Get());
    return Simulator::Now() + (matters ? wait : Time(0));
}

void
LeanTcpSocket::Judge(const TcpHeader& tcpHeader)
{
    const Timeout timeout = *m_timeout;
    m_timeout.reset();
    const auto echo = DynamicCast<const TcpOptionTS>(tcpHeader.GetOption(TcpOption::TS));
    if (!echo || echo->GetEcho() >= timeout.timestamp)
    {
        NotifyTimeout(LOSS);
        m_history.clear();
        m_txBuffer->SetSentListLost(false);
        return;
    }
    NS_LOG_LOGIC("nothing was lost: window back to " << timeout.window);
    NotifyTimeout(Simulator::Now() <= timeout.probedUntil ? EARLY : UNDONE);
    m_tcb->m_cWnd = std::max(m_tcb->m_cWnd.Get(), timeout.window);
    m_tcb->m_cWndInfl = m_tcb->m_cWnd;
    m_tcb->m_ssThresh = timeout.threshold;
    m_congestionControl->CongestionStateSet(m_tcb, timeout.state);
    m_tcb->m_congState = timeout.state;
    m_recover = timeout.recover;
    m_recoverActive = timeout.isRecoverActive;
}

void
LeanTcpSocket::NotifyTimeout(TimeoutEvent event)
{
    NS_LOG_FUNCTION(this << static_cast<int>(event));
    if (!m_timeoutCallback.IsNull())
    {
        m_timeoutCallback(event);
    }
}

} // namespace murmuration
} // namespace ns3
