/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-tcp-sender.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTcpTimers");

void
PacketTcpSender::SetTimer(Timer timer, int64_t delay)
{
    m_timer = timer;
    m_deadline = m_ticks.GetExpiry(m_wire.GetNow(), std::min(delay, m_options.maxRto));
}

void
PacketTcpSender::RestartTimer()
{
    if (m_board.GetSize() == 0)
    {
        m_timer = Timer::NONE;
        m_deadline = NEVER;
        return;
    }
    int64_t delay = m_rto;
    if (m_timer == Timer::PROBE || m_timer == Timer::REORDER)
    {
        // These have put the timeout off, which counts from the sending of the first segment.
        const int64_t due = m_board[m_board.GetFirst()].time + m_rto;
        delay = std::max<int64_t>(due - m_wire.GetNow(), 1'000);
    }
    SetTimer(Timer::RETRANSMIT, delay);
}

bool
PacketTcpSender::ScheduleProbe(bool isAdvancing)
{
    if (m_board.GetSize() == 0 || (m_phase != Phase::OPEN && m_phase != Phase::CWR))
    {
        return false;
    }
    // With one segment under way its acknowledgement may be delayed.
    int64_t delay = 2 * m_rtt.GetSmoothed() +
                    (m_board.GetSize() == 1 ? m_options.minRto : m_options.timerSlack);
    const int64_t timeout =
        isAdvancing ? m_rto : m_board[m_board.GetFirst()].time + m_rto - m_wire.GetNow();
    delay = timeout > 0 ? std::min(delay, timeout) : delay;
    SetTimer(Timer::PROBE, delay);
    return true;
}

void
PacketTcpSender::HandleTimer()
{
    const int64_t now = m_wire.GetNow();
    if (m_pacedUntil <= now)
    {
        m_pacedUntil = NEVER;
        Resume();
    }
    if (m_deadline > now)
    {
        return;
    }
    m_deadline = NEVER;
    if (m_state == State::SYN_SENT)
    {
        HandleSynTimeout();
        return;
    }
    switch (m_timer)
    {
    case Timer::NONE:
        break;
    case Timer::RETRANSMIT:
        m_timer = Timer::NONE;
        HandleTimeout();
        break;
    case Timer::PROBE:
        SendProbe();
        break;
    case Timer::REORDER:
        HandleReorderTimeout();
        break;
    }
}

void
PacketTcpSender::HandleSynTimeout()
{
    NS_LOG_FUNCTION(this << m_timeouts);
    if (m_timeouts >= m_options.synLinear + m_options.synRetries)
    {
        Close();
        m_wire.Fail("the connection attempt timed out");
        return;
    }
    ++m_timeouts;
    ++m_counts.timeouts;
    m_wire.SendSyn();
    if (m_timeouts > m_options.synLinear)
    {
        m_rto *= 2;
    }
    SetTimer(Timer::RETRANSMIT, m_rto);
}

int64_t
PacketTcpSender::GetGiveUpTime() const
{
    int64_t total = 0;
    int64_t timeout = m_options.minRto;
    for (uint32_t retry = 0; retry <= m_options.retries; ++retry)
    {
        total += std::min(timeout, m_options.maxRto);
        timeout = std::min(2 * timeout, m_options.maxRto);
    }
    return total;
}

int64_t
PacketTcpSender::GetEarliestFailure() const
{
    const int64_t now = m_wire.GetNow();
    switch (m_state)
    {
    case State::CLOSED:
    case State::FAILED:
        return NEVER;
    case State::SYN_SENT:
        // Once it is open, what is sent has to be sent again before it is given up.
        return std::min(m_deadline, now + GetGiveUpTime());
    case State::ESTABLISHED:
        break;
    }
    // It takes a second timeout without an answer. What is acknowledged before makes another one
    // the first, and the timer short again.
    const int64_t soon = now + m_options.minRto;
    const int64_t timeout = m_timeouts > 0 ? std::min(m_nextTimeout, soon) : soon;
    return std::max((m_resentTime > 0 ? m_resentTime : now) + GetGiveUpTime(), timeout);
}

void
PacketTcpSender::HandleTimeout()
{
    if (m_board.GetSize() == 0)
    {
        return;
    }
    // One that has heard of something out of order, and so brought its timer forward, goes on.
    if (m_timeouts > 0 && m_wire.GetNow() >= m_nextTimeout &&
        m_wire.GetNow() - m_resentTime >= GetGiveUpTime())
    {
        Close();
        m_wire.Fail("retransmissions were not acknowledged");
        return;
    }
    NS_LOG_LOGIC("timeout after " << m_rto << " ns, at " << m_wire.GetNow() << " ns");
    EnterLoss();
    ++m_timeouts;
    ++m_counts.timeouts;
    SendAgain(m_board.GetFirst());
    m_rto = std::min(2 * m_rto, m_options.maxRto);
    SetTimer(Timer::RETRANSMIT, m_rto);
    m_nextTimeout = m_deadline;
}

void
PacketTcpSender::SendProbe()
{
    if (m_isProbing)
    {
        RestartTimer();
        return;
    }
    m_isProbeResent = false;
    if (m_sentBytes < m_writtenBytes && HasRoom())
    {
        if (m_queue.IsFull(1, m_board.GetSize(), false) || SendNew(1, 1) == 0)
        {
            RestartTimer();
            return;
        }
        ValidateWindow(m_board.GetInFlight() >= m_window.size);
    }
    else if (!m_queue.IsEmpty())
    {
        // The last segment has not left the host.
        RestartTimer();
        return;
    }
    else
    {
        SendAgain(m_board.GetEnd() - 1, true);
        m_isProbeResent = true;
    }
    NS_LOG_LOGIC("probe of the tail at " << m_wire.GetNow() << " ns");
    m_isProbing = true;
    m_probeEnd = m_board.GetEnd();
    ++m_counts.probes;
    m_timer = Timer::NONE;
    RestartTimer();
}

void
PacketTcpSender::HandleReorderTimeout()
{
    const uint32_t inFlight = m_board.GetInFlight();
    FindLost();
    if (inFlight != m_board.GetInFlight())
    {
        if (m_phase != Phase::RECOVERY)
        {
            EnterRecovery(false);
            if (!m_rate)
            {
                Reduce(1, 0, false);
            }
        }
        SendLost();
    }
    if (m_timer != Timer::RETRANSMIT)
    {
        RestartTimer();
    }
}

} // namespace murmuration
} // namespace ns3
