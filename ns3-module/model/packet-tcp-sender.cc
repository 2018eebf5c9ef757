/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "packet-tcp-sender.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

namespace
{

/** What a buffer of the network layer takes beside its payload (tcp_stream_alloc_skb()). */
constexpr uint32_t BUFFER_OVERHEAD = 960;

/** The most payload of a buffer of the network layer. */
constexpr uint32_t BUFFER_PAYLOAD = 65536;

/** Payload of a socket that waits in the queue of the host at most (tcp_limit_output_bytes). */
constexpr double MAX_HELD = 4 << 20;

/** Buffers hold what goes out in 1/1024 s. */
constexpr double BUFFERS_PER_SECOND = 1024;

/** What would be paced is above the rate of the window, and more so in slow start. */
constexpr double SLOW_START_PACING = 2.0;
constexpr double AVOIDANCE_PACING = 1.2;

} // namespace

PacketTcpSender::PacketTcpSender(const PacketTcpOptions& options, Wire& wire, bool isHeldAtHost)
    : m_options(options),
      m_wire(wire),
      m_congestion(PacketCongestionControl::Create(options.congestionControl)),
      m_rto(options.firstRto),
      m_isHeldAtHost(isHeldAtHost)
{
    m_window.size = options.initialWindow;
}

void
PacketTcpSender::Connect()
{
    m_state = State::SYN_SENT;
    m_synTime = m_wire.GetNow();
    m_wire.SendSyn();
    SetTimer(Timer::RETRANSMIT, m_rto);
}

void
PacketTcpSender::Close()
{
    m_state = State::FAILED;
    m_timer = Timer::NONE;
    m_deadline = NEVER;
}

void
PacketTcpSender::Write(uint64_t bytes)
{
    m_writtenBytes += bytes;
    if (m_state == State::ESTABLISHED)
    {
        RestartAfterIdle();
        Push();
    }
}

void
PacketTcpSender::HandleSynAck(int64_t echo, uint32_t window)
{
    if (m_state == State::ESTABLISHED)
    {
        m_wire.SendHandshakeAck();
    }
    if (m_state != State::SYN_SENT)
    {
        return;
    }
    const int64_t now = m_wire.GetNow();
    m_state = State::ESTABLISHED;
    m_rtt.Add(now - echo, m_options.minRto, 0, 0);
    m_rtt.AddToMinimum(now - echo, now);
    m_rto = m_rtt.GetTimeout();
    m_timer = Timer::NONE;
    m_deadline = NEVER;
    // A SYN that was lost twice is taken for congestion (tcp_init_transfer()).
    m_window.size = m_timeouts > 1 ? 1 : m_options.initialWindow;
    m_timeouts = 0;
    m_allowedBytes = window;
    m_lastSent = now;
    m_usedTime = now;
    m_congestion->HandleOpen(now);
    UpdatePacingRate();
    m_wire.SendHandshakeAck();
    Push();
}

bool
PacketTcpSender::HasRoom() const
{
    const uint64_t size = std::min<uint64_t>(m_options.segmentSize, m_writtenBytes - m_sentBytes);
    const uint64_t end = m_sentBytes + size;
    return end <= m_allowedBytes && end - m_ackedBytes <= m_options.sendBuffer;
}

void
PacketTcpSender::Push()
{
    if (m_state != State::ESTABLISHED)
    {
        return;
    }
    bool isLimited = false;
    uint32_t sent = 0;
    while (m_sentBytes < m_writtenBytes)
    {
        const uint32_t inFlight = m_board.GetInFlight();
        if (inFlight >= m_window.size)
        {
            isLimited = true;
            break;
        }
        if (!HasRoom() || (m_isHeldAtHost && IsHeldBack(false)))
        {
            break;
        }
        const uint32_t quota = m_window.size - inFlight;
        sent += SendNew(m_isHeldAtHost ? std::min(quota, GetBufferSegments()) : quota);
    }
    isLimited = isLimited || m_board.GetInFlight() >= m_window.size;
    if (sent > 0 || isLimited)
    {
        ValidateWindow(isLimited);
    }
    if (sent > 0)
    {
        m_prrSent += IsReducing() ? sent : 0;
        ScheduleProbe(false);
    }
}

uint32_t
PacketTcpSender::SendNew(uint32_t most)
{
    const int64_t now = m_wire.GetNow();
    const bool wasEmpty = m_board.GetSize() == 0;
    uint32_t sent = 0;
    while (sent < most && m_sentBytes < m_writtenBytes && HasRoom())
    {
        const auto size = static_cast<uint32_t>(
            std::min<uint64_t>(m_options.segmentSize, m_writtenBytes - m_sentBytes));
        NoteSending();
        const uint32_t number = m_board.GetEnd();
        m_board.Append(now, static_cast<uint16_t>(size));
        m_sentBytes += size;
        ++sent;
        ++m_counts.segments;
        const bool isLast = sent == most || m_sentBytes == m_writtenBytes || !HasRoom();
        const uint32_t charge = m_isHeldAtHost && isLast ? GetCharge(sent) : 0;
        m_charge += charge;
        m_wire.HandleFirstSending(number, m_sentBytes);
        m_wire.SendSegment(number, size, charge);
    }
    if (sent > 0 && (wasEmpty || m_timer == Timer::PROBE))
    {
        RestartTimer();
    }
    return sent;
}

void
PacketTcpSender::SendAgain(uint32_t number, bool isProbe)
{
    const int64_t now = m_wire.GetNow();
    NoteSending();
    const Sent& sent = m_board[number];
    if (isProbe)
    {
        m_board.SetTags(number, sent.tags | PacketScoreboard::EVER);
    }
    else
    {
        m_board.SetTags(number, sent.tags | PacketScoreboard::ANY_RETRANS);
        m_resentTime = m_resentTime == 0 ? now : m_resentTime;
        m_undoRetrans = std::max(m_undoRetrans, 0) + 1;
    }
    m_board.SetTime(number, now);
    ++m_counts.segments;
    ++m_counts.retransmissions;
    const uint32_t charge = m_isHeldAtHost ? GetCharge(1) : 0;
    m_charge += charge;
    m_wire.SendSegment(number, sent.size, charge);
}

void
PacketTcpSender::SendLost()
{
    bool isFirst = false;
    uint32_t number = std::max(m_lostHint, m_board.GetFirst());
    for (; number != m_board.GetEnd(); ++number)
    {
        if (m_board.GetInFlight() >= m_window.size || m_board.GetNRetrans() >= m_board.GetNLost())
        {
            break;
        }
        const uint8_t tags = m_board[number].tags;
        if ((tags & PacketScoreboard::LOST) == 0 ||
            (tags & (PacketScoreboard::SACKED | PacketScoreboard::RETRANS)) != 0)
        {
            continue;
        }
        if (m_isHeldAtHost && IsHeldBack(true))
        {
            break;
        }
        SendAgain(number);
        m_prrSent += IsReducing() ? 1 : 0;
        isFirst = isFirst || (number == m_board.GetFirst() && m_timer != Timer::REORDER);
    }
    m_lostHint = number;
    if (isFirst)
    {
        SetTimer(Timer::RETRANSMIT, m_rto);
    }
}

void
PacketTcpSender::NoteSending()
{
    const int64_t now = m_wire.GetNow();
    if (m_board.GetInFlight() == 0)
    {
        m_congestion->HandleRestart(now, m_lastSent);
    }
    m_lastSent = now;
}

uint32_t
PacketTcpSender::GetBufferSegments() const
{
    double bytes = m_pacingRate / BUFFERS_PER_SECOND;
    // What is near is sent in large buffers whatever its rate.
    const int64_t distance = m_rtt.GetMinimum() / 512'000;
    bytes += distance < 32 ? BUFFER_PAYLOAD >> distance : 0;
    bytes = std::min<double>(bytes, BUFFER_PAYLOAD);
    return std::max(static_cast<uint32_t>(bytes) / m_options.segmentSize, 2U);
}

uint32_t
PacketTcpSender::GetCharge(uint32_t segments) const
{
    return BUFFER_OVERHEAD + segments * m_options.segmentSize;
}

bool
PacketTcpSender::IsHeldBack(bool isAgain)
{
    const uint32_t segments = isAgain ? 1 : GetBufferSegments();
    double limit = std::min(m_pacingRate / BUFFERS_PER_SECOND, MAX_HELD);
    limit = std::max(2.0 * GetCharge(segments), limit) * (isAgain ? 2 : 1);
    // At least one buffer is let go: its acknowledgement may be all that the connection has.
    m_isThrottled = static_cast<double>(m_charge) > limit && m_board.GetSize() > segments;
    return m_isThrottled;
}

void
PacketTcpSender::HandleDeparture(uint32_t charge)
{
    m_charge -= charge;
    if (m_state != State::ESTABLISHED || !m_isThrottled)
    {
        return;
    }
    m_isThrottled = false;
    if (m_board.GetNLost() > m_board.GetNRetrans() && m_board.GetInFlight() < m_window.size)
    {
        SendLost();
    }
    Push();
}

void
PacketTcpSender::UpdatePacingRate()
{
    const double ratio =
        m_window.size < m_window.threshold / 2 ? SLOW_START_PACING : AVOIDANCE_PACING;
    const auto segments = static_cast<double>(std::max(m_window.size, m_board.GetSize()));
    const auto rtt = static_cast<double>(std::max<int64_t>(m_rtt.GetSmoothed(), 1));
    m_pacingRate = ratio * segments * m_options.segmentSize * 1e9 / rtt;
}

void
PacketTcpSender::RestartAfterIdle()
{
    if (!m_options.slowStartAfterIdle || m_board.GetSize() > 0)
    {
        return;
    }
    const int64_t now = m_wire.GetNow();
    int64_t idle = now - m_lastSent;
    if (idle <= m_rto)
    {
        return;
    }
    m_window.threshold = GetCurrentThreshold();
    const uint32_t least = std::min(m_options.initialWindow, m_window.size);
    for (idle -= m_rto; idle > 0 && m_window.size > least; idle -= m_rto)
    {
        m_window.size /= 2;
    }
    m_window.size = std::max(m_window.size, least);
    m_usedTime = now;
    m_usedMost = 0;
}

bool
PacketTcpSender::IsWindowUsed() const
{
    return m_isWindowLimited || (m_window.IsSlowStart() && m_window.size < 2 * m_mostInFlight);
}

void
PacketTcpSender::ValidateWindow(bool isLimited)
{
    const int64_t now = m_wire.GetNow();
    const uint32_t size = m_board.GetSize();
    if (m_board.GetFirst() >= m_useEnd || isLimited ||
        (!m_isWindowLimited && size > m_mostInFlight))
    {
        m_isWindowLimited = isLimited;
        m_mostInFlight = size;
        m_useEnd = m_board.GetEnd();
    }
    if (IsWindowUsed())
    {
        m_usedMost = 0;
        m_usedTime = now;
        return;
    }
    m_usedMost = std::max(m_usedMost, size);
    if (!m_options.slowStartAfterIdle || now - m_usedTime < m_rto)
    {
        return;
    }
    // For a timeout it was not used: half of what was not is given up.
    if (m_phase == Phase::OPEN)
    {
        const uint32_t used = std::max(m_usedMost, m_options.initialWindow);
        if (used < m_window.size)
        {
            m_window.threshold = GetCurrentThreshold();
            m_window.size = (m_window.size + used) / 2;
        }
        m_usedMost = 0;
    }
    m_usedTime = now;
}

void
PacketTcpSender::SetTimer(Timer timer, int64_t delay)
{
    m_timer = timer;
    m_deadline = m_wire.GetNow() + std::min(delay, m_options.maxRto);
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

void
PacketTcpSender::HandleTimeout()
{
    if (m_board.GetSize() == 0)
    {
        return;
    }
    if (m_timeouts > 0 && m_wire.GetNow() - m_resentTime >= GetGiveUpTime())
    {
        Close();
        m_wire.Fail("retransmissions were not acknowledged");
        return;
    }
    EnterLoss();
    ++m_timeouts;
    ++m_counts.timeouts;
    SendAgain(m_board.GetFirst());
    m_rto = std::min(2 * m_rto, m_options.maxRto);
    SetTimer(Timer::RETRANSMIT, m_rto);
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
        if ((m_isHeldAtHost && IsHeldBack(false)) || SendNew(1) == 0)
        {
            RestartTimer();
            return;
        }
        ValidateWindow(m_board.GetInFlight() >= m_window.size);
    }
    else if (m_charge > 0)
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
            EnterRecovery();
            Reduce(1, 0, false);
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
