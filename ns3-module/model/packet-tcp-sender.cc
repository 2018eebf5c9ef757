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
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTcpSender");

PacketTcpSender::PacketTcpSender(const PacketTcpOptions& options,
                                 Wire& wire,
                                 bool isHeldAtHost,
                                 const PacketTicks& ticks)
    : PacketSenderState(options, wire, isHeldAtHost, ticks)
{
    NS_LOG_FUNCTION(this << isHeldAtHost);
}

void
PacketTcpSender::Connect()
{
    NS_LOG_FUNCTION(this);
    m_state = State::SYN_SENT;
    m_wire.SendSyn();
    SetTimer(Timer::RETRANSMIT, m_rto);
}

void
PacketTcpSender::Close()
{
    NS_LOG_FUNCTION(this);
    m_state = State::FAILED;
    m_timer = Timer::NONE;
    m_deadline = NEVER;
    m_pacedUntil = NEVER;
}

void
PacketTcpSender::HandleReset()
{
    NS_LOG_FUNCTION(this);
    if (m_state == State::ESTABLISHED)
    {
        Close();
        m_wire.Fail("the connection was reset by the receiver");
    }
}

void
PacketTcpSender::Write(uint64_t bytes)
{
    m_offeredBytes += bytes;
    if (m_state == State::ESTABLISHED && !m_isBlocked)
    {
        Fill();
    }
}

void
PacketTcpSender::Withdraw(uint64_t bytes)
{
    NS_LOG_FUNCTION(this << bytes);
    m_offeredBytes -= bytes;
    if (m_writtenBytes > m_offeredBytes)
    {
        m_buffer.Withdraw(m_writtenBytes - m_offeredBytes);
        m_writtenBytes = m_offeredBytes;
        m_pushedBytes = std::min(m_pushedBytes, m_writtenBytes);
    }
}

void
PacketTcpSender::Fill()
{
    NoteLimited();
    RestartAfterIdle();
    const uint32_t pieceSize = m_buffer.GetPieceSize(m_largestWindow);
    m_isBlocked = false;
    while (m_writtenBytes < m_offeredBytes)
    {
        const uint32_t taken = m_buffer.Append(m_offeredBytes - m_writtenBytes, pieceSize);
        if (taken == 0)
        {
            m_isBlocked = true;
            break;
        }
        m_writtenBytes += taken;
        if (m_writtenBytes - m_pushedBytes > m_largestWindow / 2)
        {
            m_pushedBytes = m_writtenBytes;
            Push();
        }
        else if (m_buffer.GetNUnsent() == 1)
        {
            Push(1); // What is sent makes room in the piece, for which no memory is asked.
        }
    }
    m_pushedBytes = m_writtenBytes;
    Push();
}

void
PacketTcpSender::CheckSpace()
{
    if (!m_isBlocked)
    {
        return;
    }
    if (m_board.GetInFlight() < m_window.size)
    {
        m_buffer.Expand(std::max(m_window.size, m_rack.GetReordering() + 1), m_rate ? 3 : 2);
        m_use.Touch(m_wire.GetNow());
    }
    if (m_buffer.IsWritable())
    {
        Fill();
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
    m_rto = PacketTicks::RoundUp(m_rtt.GetTimeout());
    NS_LOG_LOGIC("open at " << now << " ns, round trip " << now - echo << " ns");
    m_timer = Timer::NONE;
    m_deadline = NEVER;
    // A SYN that was lost twice is taken for congestion (tcp_init_transfer()).
    m_window.size = m_timeouts > 1 ? 1 : m_options.initialWindow;
    m_timeouts = 0;
    m_allowedBytes = window;
    m_largestWindow = window;
    m_buffer.Expand(m_window.size, m_rate ? 3 : 2);
    m_lastSent = now;
    m_use.Touch(now);
    m_congestion->HandleOpen(m_window, {now, now - echo, m_options.segmentSize, m_wire.GetSalt()});
    if (m_rate)
    {
        m_rate->MarkLimited(0); // Nothing is written before a connection is open.
    }
    UpdateRate();
    m_wire.SendHandshakeAck();
    Fill();
}

bool
PacketTcpSender::HasRoom() const
{
    const uint64_t size = std::min<uint64_t>(m_options.segmentSize, m_writtenBytes - m_sentBytes);
    return m_sentBytes + size <= m_allowedBytes;
}

void
PacketTcpSender::Push(uint32_t most)
{
    if (m_state != State::ESTABLISHED || m_sentBytes == m_writtenBytes)
    {
        return;
    }
    bool isLimited = false;
    uint32_t sent = 0;
    for (uint32_t pieces = 0; m_sentBytes < m_writtenBytes && pieces < most; ++pieces)
    {
        const uint32_t inFlight = m_board.GetInFlight();
        if (inFlight >= m_window.size)
        {
            isLimited = true;
            break;
        }
        if (IsPaced())
        {
            break;
        }
        const uint32_t buffer = m_queue.GetBufferSegments(m_rtt.GetMinimum());
        if (!HasRoom() || m_queue.IsFull(buffer, m_board.GetSize(), false))
        {
            break;
        }
        const uint32_t room = m_window.size - inFlight;
        sent += SendNew(most == 1 ? std::min(room, buffer) : room, buffer);
    }
    isLimited = isLimited || m_board.GetInFlight() >= m_window.size;
    if (sent > 0 || isLimited)
    {
        ValidateWindow(isLimited);
    }
    if (sent > 0)
    {
        m_reduction.NoteSent(IsReducing() ? sent : 0);
        ScheduleProbe(false);
    }
}

uint32_t
PacketTcpSender::SendNew(uint32_t most, uint32_t buffer)
{
    const int64_t now = m_wire.GetNow();
    const bool wasEmpty = m_board.GetSize() == 0;
    if (m_queue.IsHeldAtHost() || m_rate)
    {
        // Another buffer may have to wait until this one has left.
        const uint32_t inFirst = (m_buffer.GetFirst() - 1) / m_options.segmentSize + 1;
        most = std::min({most, buffer, inFirst});
    }
    uint32_t sent = 0;
    uint32_t inBuffer = 0;
    uint32_t inPace = 0;
    uint32_t inPiece = 0;
    while (sent < most && m_sentBytes < m_writtenBytes && HasRoom())
    {
        const auto size = static_cast<uint32_t>(
            std::min<uint64_t>(m_options.segmentSize, m_writtenBytes - m_sentBytes));
        NoteSending();
        const uint32_t number = m_board.GetEnd();
        if (m_rate)
        {
            m_rate->NoteSent(number, m_board.GetFirst(), m_board.GetSize() == 0, now / 1000);
        }
        m_board.Append(now, static_cast<uint16_t>(size));
        m_sentBytes += size;
        ++sent;
        ++m_counts.segments;
        const bool isLast = sent == most || m_sentBytes == m_writtenBytes || !HasRoom();
        const uint32_t charge = isLast ? m_queue.Add(sent) : 0;
        inPiece += size;
        const bool endsBuffer = ++inBuffer == buffer || isLast || inPiece == m_buffer.GetFirst();
        const bool isPushed = inBuffer > 1 || m_sentBytes == m_pushedBytes;
        if (endsBuffer)
        {
            m_board.SetTags(number, PacketScoreboard::LAST);
            m_buffer.Send(std::exchange(inPiece, 0));
        }
        m_wire.HandleFirstSending(number, m_sentBytes);
        m_wire.SendSegment({number, size, charge, endsBuffer && isPushed, GetMarks()});
        inBuffer = endsBuffer ? 0 : inBuffer;
        inPace += size;
    }
    Pace(inPace);
    if (sent > 0 && (wasEmpty || m_timer == Timer::PROBE))
    {
        RestartTimer();
    }
    return sent;
}

uint8_t
PacketTcpSender::GetMarks()
{
    if (!m_options.ecn)
    {
        return 0;
    }
    const bool tells = std::exchange(m_tellsReduced, false);
    return PacketSegment::CAPABLE | (tells ? PacketSegment::REDUCED : 0);
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
    if (m_rate)
    {
        m_rate->NoteSent(number, m_board.GetFirst(), false, now / 1000);
    }
    ++m_counts.segments;
    ++m_counts.retransmissions;
    m_wire.SendSegment({number, sent.size, m_queue.Add(1), false});
    Pace(m_board[number].size);
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
        if (m_queue.IsFull(1, m_board.GetSize(), true) || IsPaced())
        {
            break;
        }
        SendAgain(number);
        m_reduction.NoteSent(IsReducing() ? 1 : 0);
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
        m_congestion->HandleRestart(m_window, {now, m_lastSent, m_rate && m_rate->IsLimited()});
        if (m_rate)
        {
            UpdateRate();
        }
    }
    m_lastSent = now;
}

void
PacketTcpSender::HandleDeparture(uint32_t segments)
{
    if (m_queue.Remove(segments) && m_state == State::ESTABLISHED)
    {
        Resume();
    }
}

void
PacketTcpSender::Resume()
{
    if (m_board.GetNLost() > m_board.GetNRetrans() && m_board.GetInFlight() < m_window.size)
    {
        SendLost();
    }
    Push();
}

void
PacketTcpSender::UpdateRate()
{
    if (m_rate)
    {
        m_queue.SetRate(m_congestion->GetPacingRate());
        return;
    }
    m_queue.UpdateRate(m_window, m_board.GetSize(), m_rtt.GetSmoothed());
}

bool
PacketTcpSender::IsPaced()
{
    if (!m_rate || m_departure <= m_wire.GetNow())
    {
        return false;
    }
    m_pacedUntil = m_departure;
    return true;
}

void
PacketTcpSender::Pace(uint32_t bytes)
{
    // The first segments of a connection leave at once (TCP_INIT_CWND).
    constexpr uint64_t UNPACED = 10;
    if (!m_rate || bytes == 0)
    {
        return;
    }
    const int64_t now = m_wire.GetNow();
    const int64_t before = std::exchange(m_departure, std::max(m_departure, now));
    const double rate = m_congestion->GetPacingRate();
    if (m_counts.segments < UNPACED || rate <= 0)
    {
        return;
    }
    const auto takes = static_cast<int64_t>(1e9 * bytes / rate);
    // What was late makes the next one earlier, by a half at most.
    m_departure += takes - std::min(m_departure - before, takes / 2);
}

void
PacketTcpSender::NoteLimited()
{
    if (m_rate && m_state == State::ESTABLISHED &&
        m_writtenBytes - m_sentBytes < m_options.segmentSize && m_queue.IsEmpty() &&
        m_board.GetInFlight() < m_window.size && m_board.GetNLost() <= m_board.GetNRetrans())
    {
        m_rate->MarkLimited(m_board.GetInFlight());
    }
}

void
PacketTcpSender::RestartAfterIdle()
{
    if (!m_options.slowStartAfterIdle || m_board.GetSize() > 0 || m_rate)
    {
        return;
    }
    const int64_t now = m_wire.GetNow();
    int64_t idle = (m_ticks.Count(now) - m_ticks.Count(m_lastSent)) * PacketTicks::LENGTH;
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
    NS_LOG_LOGIC("idle until " << now << " ns: window of " << m_window.size << " segments");
    m_use.Restart(now);
}

void
PacketTcpSender::ValidateWindow(bool isLimited)
{
    const int64_t now = m_wire.GetNow();
    m_use.Note(m_board, isLimited);
    if (m_use.IsUsed(m_window))
    {
        m_use.Restart(now);
        return;
    }
    m_use.NoteUnused(m_board);
    if (!m_options.slowStartAfterIdle || now - m_use.GetTime() < m_rto || m_rate)
    {
        return;
    }
    // For a timeout it was not used: half of what was not is given up.
    const uint32_t used = std::max(m_use.GetMostUnused(), m_options.initialWindow);
    if (m_phase != Phase::OPEN)
    {
        m_use.Touch(now);
        return;
    }
    if (used < m_window.size)
    {
        m_window.threshold = GetCurrentThreshold();
        m_window.size = (m_window.size + used) / 2;
        NS_LOG_LOGIC("not used: window of " << m_window.size << " segments at " << now << " ns");
    }
    m_use.Restart(now);
}

} // namespace murmuration
} // namespace ns3
