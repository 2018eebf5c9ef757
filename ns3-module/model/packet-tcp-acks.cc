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
#include <array>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTcpAcks");

void
PacketTcpSender::HandleAck(const Ack& ack)
{
    if (m_state != State::ESTABLISHED || ack.number > m_board.GetEnd())
    {
        return;
    }
    Progress progress;
    progress.priorFirst = m_board.GetFirst();
    progress.priorInFlight = m_board.GetInFlight();
    const uint32_t totalLost = m_totalLost;
    m_echo = ToStamp(ack.echo);
    progress.flags |= ack.isEcho ? uint32_t{ECHOED} : 0;
    if (ack.number > m_board.GetFirst())
    {
        progress.flags |= ADVANCED;
        m_timeouts = 0;
    }
    const bool wasUnderWay = m_board.GetSize() > 0;
    progress.priorSackedEnd = GetSackedEnd();
    if (ack.sack)
    {
        TagSacked(ack, progress);
    }
    if (wasUnderWay)
    {
        TakeAcked(ack, progress);
    }
    if (ack.number == m_board.GetFirst() && m_ackedBytes + ack.window > m_allowedBytes)
    {
        m_allowedBytes = m_ackedBytes + ack.window;
        progress.flags |= WIDENED;
    }
    m_largestWindow = std::max<uint64_t>(m_largestWindow, ack.window);
    if (!wasUnderWay)
    {
        HandleAckOfNothing(ack, progress);
        return;
    }
    m_rack.UpdateWindow(m_board);
    if (m_isProbing)
    {
        CheckProbe(ack, progress.flags);
    }
    if (IsDubious(progress))
    {
        HandleDubious(progress);
    }
    if ((progress.flags & SET_TIMER) != 0 && !ScheduleProbe(true))
    {
        RestartTimer();
    }
    progress.lost = m_totalLost - totalLost;
    ControlWindow(progress);
    if (progress.sendNew)
    {
        Push();
        progress.resend = m_board.GetEnd() <= m_highEnd;
        m_isFrto = m_isFrto && !progress.resend;
    }
    if (progress.resend)
    {
        SendLost();
    }
    Push();
    CheckSpace();
    m_board.Shrink();
}

void
PacketTcpSender::HandleAckOfNothing(const Ack& ack, Progress& progress)
{
    if ((progress.flags & DUPLICATE) != 0)
    {
        // A repair that was finished may have been needless.
        HandleDubious(progress);
    }
    if (m_rate)
    {
        m_rate->TakeSample(0, 0, m_wire.GetNow() / 1000);
    }
    if (m_isProbing)
    {
        CheckProbe(ack, progress.flags);
    }
    Push();
}

uint32_t
PacketTcpSender::GetSackedEnd() const
{
    return m_board.GetNSacked() == 0 ? m_board.GetFirst() : m_sackedEnd;
}

void
PacketTcpSender::TagSacked(const Ack& ack, Progress& progress)
{
    const PacketSack& sack = *ack.sack;
    const uint8_t first = sack.isDuplicate ? 1 : 0;
    if (sack.isDuplicate)
    {
        CountDuplicates(sack.blocks[0], progress);
    }
    // The newest block comes first, and tells of something new; after an acknowledgement that was
    // lost, others do so, too. What is behind another must not seem to have overtaken it.
    std::array<PacketSackBlock, 3> blocks = sack.blocks;
    std::sort(blocks.begin() + first,
              blocks.begin() + sack.count,
              [](const PacketSackBlock& a, const PacketSackBlock& b) { return a.begin < b.begin; });
    for (uint8_t index = first; index < sack.count; ++index)
    {
        const PacketSackBlock& block = blocks[index];
        uint32_t number = std::max(block.begin, m_board.GetFirst());
        for (const PacketSackBlock& known : m_knownSacks)
        {
            // What the acknowledgement before has told is tagged.
            number = known.begin <= number && number < known.end ? known.end : number;
        }
        const uint32_t end = std::min(block.end, m_board.GetEnd());
        for (; number < end; ++number)
        {
            if ((m_board[number].tags & PacketScoreboard::SACKED) == 0)
            {
                TagOne(number, progress);
            }
        }
    }
    m_knownSacks = {};
    std::copy(blocks.begin() + first, blocks.begin() + sack.count, m_knownSacks.begin());
    if (progress.reordered != UINT32_MAX && (m_phase != Phase::LOSS || m_canUndo))
    {
        m_rack.NoteReordering(progress.reordered, GetSackedEnd());
    }
}

void
PacketTcpSender::TagOne(uint32_t number, Progress& progress)
{
    const Sent& sent = m_board[number];
    uint8_t tags = sent.tags;
    m_rack.Advance(number, sent, m_wire.GetNow(), m_rtt.GetMinimum());
    if ((tags & PacketScoreboard::RETRANS) != 0)
    {
        // One that is not taken for lost was sent again as well, and that is still under way.
        if ((tags & PacketScoreboard::LOST) != 0)
        {
            tags &= ~(PacketScoreboard::LOST | PacketScoreboard::RETRANS);
        }
    }
    else
    {
        if ((tags & PacketScoreboard::EVER) == 0)
        {
            if (number < GetSackedEnd())
            {
                progress.reordered = std::min(progress.reordered, number);
            }
            if (number < m_highEnd)
            {
                progress.flags |= ORIGINAL_ACKED;
            }
            progress.firstSacked = progress.firstSacked == 0 ? sent.time : progress.firstSacked;
            progress.lastSacked = sent.time;
        }
        tags &= ~PacketScoreboard::LOST;
    }
    if (m_rate)
    {
        m_rate->NoteDelivered(number, sent.time / 1000);
    }
    m_board.SetTags(number, tags | PacketScoreboard::SACKED);
    m_sackedEnd = std::max(m_sackedEnd, number + 1);
    progress.flags |= DATA_SACKED;
    ++progress.delivered;
}

void
PacketTcpSender::CountDuplicates(const PacketSackBlock& block, Progress& progress)
{
    if (m_isProbing && block.end == m_probeEnd)
    {
        progress.flags |= PROBE_DUPLICATE;
    }
    const uint32_t duplicates = block.end - block.begin;
    m_nDuplicates += duplicates;
    if (m_nDuplicates > m_counts.retransmissions)
    {
        return; // It was not sent twice from here.
    }
    progress.flags |= DUPLICATE;
    progress.delivered += duplicates;
    if (m_rate)
    {
        m_rate->NoteDuplicates(duplicates);
    }
    for (uint32_t number = block.begin; number < block.end; ++number)
    {
        const bool isHere = number >= m_board.GetFirst() && number < m_board.GetEnd();
        const uint8_t tags = isHere ? m_board[number].tags : 0;
        const bool wasResent = !isHere || (tags & PacketScoreboard::ANY_RETRANS) != 0;
        if (wasResent && m_canUndo && m_undoRetrans > 0 && number >= m_undoMark)
        {
            --m_undoRetrans;
        }
        if (wasResent && (tags & PacketScoreboard::SACKED) != 0)
        {
            progress.reordered = std::min(progress.reordered, number);
        }
        if ((tags & PacketScoreboard::RETRANS) != 0)
        {
            m_board.SetTags(number, tags & ~PacketScoreboard::RETRANS);
        }
    }
    if ((progress.flags & PROBE_DUPLICATE) == 0)
    {
        m_rack.NoteDuplicate();
    }
}

void
PacketTcpSender::TakeAcked(const Ack& ack, Progress& progress)
{
    const int64_t now = m_wire.GetNow();
    int64_t first = 0;
    int64_t last = 0;
    uint32_t filled = UINT32_MAX;
    while (m_board.GetFirst() < ack.number)
    {
        const uint32_t number = m_board.GetFirst();
        const Sent sent = m_board.TakeFirst();
        const bool wasResent = (sent.tags & PacketScoreboard::ANY_RETRANS) != 0;
        const bool wasSacked = (sent.tags & PacketScoreboard::SACKED) != 0;
        m_ackedBytes += sent.size;
        m_buffer.Free(sent.size, (sent.tags & PacketScoreboard::LAST) != 0);
        if (wasResent)
        {
            progress.flags |= RETRANS_ACKED;
        }
        else if (!wasSacked)
        {
            last = sent.time;
            first = first == 0 ? last : first;
            filled = std::min(filled, number);
            progress.flags |= number < m_highEnd ? uint32_t{ORIGINAL_ACKED} : 0;
        }
        if (!wasSacked)
        {
            if (m_rate)
            {
                m_rate->NoteDelivered(number, sent.time / 1000);
            }
            // One that is not full waits for nothing, unless it comes alone.
            progress.isDelayed = progress.delivered == 0 && sent.size < m_options.segmentSize;
            ++progress.delivered;
            // What an echo shows to have been sent before it was sent again says nothing of that.
            if (!wasResent || m_echo >= ToStamp(sent.time))
            {
                m_rack.Advance(number, sent, now, m_rtt.GetMinimum());
            }
        }
    }
    const bool isMeasured = first != 0 && (progress.flags & RETRANS_ACKED) == 0;
    Measure(isMeasured ? now - first : -1, isMeasured ? now - last : -1, progress);
    if ((progress.flags & ADVANCED) != 0)
    {
        progress.flags |= SET_TIMER;
        if (filled < progress.priorSackedEnd)
        {
            // A hole was filled by what was not sent again.
            m_rack.NoteReordering(filled, progress.priorSackedEnd);
        }
    }
    else if (progress.firstSacked != 0 && progress.firstSacked < m_board[m_board.GetFirst()].time)
    {
        // What arrived was sent before the first segment was sent last: that is still awaited.
        progress.flags |= SET_TIMER;
    }
}

void
PacketTcpSender::Measure(int64_t first, int64_t last, Progress& progress)
{
    const int64_t now = m_wire.GetNow();
    if (progress.firstSacked != 0)
    {
        first = first < 0 ? now - progress.firstSacked : first;
        last = now - progress.lastSacked;
    }
    if (first < 0 && (progress.flags & ADVANCED) != 0)
    {
        // Timestamps tell segments that were sent again apart.
        first = std::max(ToStamp(now) - m_echo, PacketSegment::CLOCK_UNIT);
        last = first;
    }
    progress.rtt = last;
    if (first >= 0)
    {
        m_rtt.AddToMinimum(last, now);
        m_rtt.Add(first, m_options.minRto, m_board.GetFirst(), m_board.GetEnd());
        m_rto = std::min(PacketTicks::RoundUp(m_rtt.GetTimeout()), m_options.maxRto);
        m_congestion->HandleSample(
            m_window,
            {now, last, m_board.GetFirst(), m_board.GetEnd(), m_queue.GetRate()});
    }
}

void
PacketTcpSender::CheckProbe(const Ack& ack, uint32_t flags)
{
    if (ack.number < m_probeEnd)
    {
        return;
    }
    if (!m_isProbeResent || (flags & PROBE_DUPLICATE) != 0)
    {
        m_isProbing = false;
    }
    else if (ack.number > m_probeEnd)
    {
        NS_LOG_LOGIC("the probe has repaired a loss");
        // Nobody has told of the probe as a duplicate: what it repeated was lost.
        BeginReduction();
        SetPhase(Phase::CWR);
        EndReduction();
        KeepOpen();
    }
    else if ((flags & (ADVANCED | WIDENED | DATA_SACKED)) == 0)
    {
        m_isProbing = false;
    }
}

void
PacketTcpSender::ControlWindow(const Progress& progress)
{
    if (m_rate)
    {
        ControlByRate(progress);
        return;
    }
    const bool isAdvancing = (progress.flags & ADVANCED) != 0;
    if (IsReducing())
    {
        Reduce(progress.delivered, progress.lost, isAdvancing);
    }
    else if (isAdvancing || (m_rack.IsReorderingHigh() && (progress.flags & DATA_SACKED) != 0))
    {
        if (m_use.IsUsed(m_window))
        {
            m_congestion->Grow(m_window, progress.delivered, m_wire.GetNow());
        }
    }
    UpdateRate();
}

void
PacketTcpSender::ControlByRate(const Progress& progress)
{
    const int64_t now = m_wire.GetNow();
    PacketRateSample sample =
        m_rate->TakeSample(progress.lost, m_rtt.GetMinimum() / 1000, now / 1000);
    sample.rtt = progress.rtt < 0 ? PacketRateSample::UNKNOWN : progress.rtt / 1000;
    sample.smoothedRtt = m_rtt.GetSmoothed() / 1000;
    sample.priorInFlight = progress.priorInFlight;
    sample.inFlight = m_board.GetInFlight();
    sample.untilDeparture = std::max<int64_t>(m_departure - now, 0) / 1000;
    sample.isAckDelayed = progress.isDelayed;
    if (m_congestion->Control(m_window, m_phase, sample))
    {
        m_rate->MarkLimited(m_board.GetInFlight());
    }
    UpdateRate();
}

} // namespace murmuration
} // namespace ns3
