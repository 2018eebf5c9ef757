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

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTcpRecovery");

int64_t
PacketTcpSender::FindLost()
{
    const bool isRepairing = m_phase >= Phase::RECOVERY;
    const int64_t window = m_rack.GetWindow(m_rtt, m_board.GetNSacked(), isRepairing);
    return m_rack.FindLost(m_board, m_wire.GetNow(), window, [this](uint32_t number) {
        MarkLost(number);
    });
}

void
PacketTcpSender::IdentifyLoss(Progress& progress)
{
    if (!m_rack.TakeNews())
    {
        return;
    }
    const uint32_t retrans = m_board.GetNRetrans();
    const int64_t left = FindLost();
    if (left > 0)
    {
        SetTimer(Timer::REORDER, std::min(left + m_options.timerSlack, m_rto));
        progress.flags &= ~SET_TIMER;
    }
    if (m_board.GetNRetrans() < retrans)
    {
        progress.flags |= LOST_RETRANS;
    }
}

void
PacketTcpSender::MarkLost(uint32_t number)
{
    const uint8_t tags = m_board[number].tags;
    if ((tags & PacketScoreboard::SACKED) != 0)
    {
        return;
    }
    m_lostHint = std::min(m_lostHint, number);
    if ((tags & PacketScoreboard::LOST) == 0)
    {
        m_board.SetTags(number, tags | PacketScoreboard::LOST);
        ++m_totalLost;
    }
    else if ((tags & PacketScoreboard::RETRANS) != 0)
    {
        m_board.SetTags(number, tags & ~PacketScoreboard::RETRANS);
        ++m_totalLost;
    }
}

bool
PacketTcpSender::IsDubious(const Progress& progress) const
{
    return (progress.flags & (ADVANCED | WIDENED)) == 0 ||
           (progress.flags & (DATA_SACKED | DUPLICATE | ECHOED)) != 0 || m_phase != Phase::OPEN;
}

bool
PacketTcpSender::IsAnythingResent() const
{
    return m_board.GetNRetrans() > 0 ||
           (m_board.GetSize() > 0 &&
            (m_board[m_board.GetFirst()].tags & PacketScoreboard::EVER) != 0);
}

void
PacketTcpSender::SetPhase(Phase phase)
{
    m_phase = phase;
    if (phase == Phase::LOSS)
    {
        m_congestion->HandleTimeout(m_wire.GetNow(), m_board.GetEnd());
    }
}

void
PacketTcpSender::KeepOpen()
{
    const bool isLeft = m_board.GetNSacked() + m_board.GetNLost() > 0 || IsAnythingResent();
    const Phase phase = isLeft ? Phase::DISORDER : Phase::OPEN;
    if (m_phase != phase)
    {
        SetPhase(phase);
        m_highEnd = m_board.GetEnd();
    }
}

void
PacketTcpSender::HandleDubious(Progress& progress)
{
    const bool isEchoed = (progress.flags & ECHOED) != 0;
    // Nothing undoes what a mark has asked for.
    m_priorThreshold = isEchoed ? 0 : m_priorThreshold;
    if (m_phase == Phase::OPEN)
    {
        m_resentTime = 0;
    }
    else if (m_board.GetFirst() >= m_highEnd)
    {
        if (m_phase == Phase::CWR && m_board.GetFirst() != m_highEnd)
        {
            EndReduction();
            SetPhase(Phase::OPEN);
        }
        else if (m_phase == Phase::RECOVERY)
        {
            if (MayUndo())
            {
                Undo(false);
            }
            else
            {
                m_rack.EndRecovery();
            }
            EndReduction();
            SetPhase(Phase::OPEN);
        }
    }
    if (m_phase == Phase::RECOVERY)
    {
        if ((progress.flags & ADVANCED) != 0 && m_canUndo && IsDelayed())
        {
            // A hole was filled by what was late, not by what was sent again.
            m_rack.NoteReordering(progress.priorFirst, GetSackedEnd());
            if (m_board.GetNRetrans() > 0)
            {
                return;
            }
            m_resentTime = IsAnythingResent() ? m_resentTime : 0;
            Undo(true);
            KeepOpen();
        }
        if (TryUndoByDuplicates())
        {
            KeepOpen();
        }
        IdentifyLoss(progress);
        if (m_phase != Phase::RECOVERY)
        {
            if (m_board.GetNLost() == 0)
            {
                return;
            }
            EnterRecovery(isEchoed);
        }
        progress.resend = true;
        return;
    }
    if (m_phase == Phase::LOSS)
    {
        HandleAckInLoss(progress);
        IdentifyLoss(progress);
        if (m_phase != Phase::OPEN && (progress.flags & LOST_RETRANS) == 0)
        {
            return;
        }
    }
    else
    {
        if (m_phase <= Phase::DISORDER)
        {
            TryUndoByDuplicates();
        }
        IdentifyLoss(progress);
    }
    if (m_board.GetNLost() == 0)
    {
        m_resentTime = IsAnythingResent() ? m_resentTime : 0;
        if (isEchoed)
        {
            ReduceForMark();
        }
        if (m_phase != Phase::CWR)
        {
            KeepOpen();
        }
        return;
    }
    EnterRecovery(isEchoed);
    progress.resend = true;
}

void
PacketTcpSender::HandleAckInLoss(Progress& progress)
{
    const bool isAdvancing = (progress.flags & ADVANCED) != 0;
    const bool isRecovered = m_board.GetFirst() >= m_highEnd;
    const auto undo = [this] {
        Undo(true);
        m_timeouts = 0;
        SetPhase(Phase::OPEN);
    };
    if (isAdvancing && MayUndo())
    {
        undo();
        return;
    }
    if (m_isFrto)
    {
        if ((progress.flags & ORIGINAL_ACKED) != 0)
        {
            undo(); // What was sent once has arrived: nothing was lost [RFC 5682, 3.b].
            return;
        }
        if (m_board.GetEnd() > m_highEnd)
        {
            const bool isDuplicate = (progress.flags & (ADVANCED | WIDENED | DUPLICATE)) == 0;
            m_isFrto = m_isFrto && (progress.flags & DATA_SACKED) == 0 && !isDuplicate;
        }
        else if (isAdvancing && !isRecovered)
        {
            m_highEnd = m_board.GetEnd();
            if (m_sentBytes < m_writtenBytes && HasRoom())
            {
                progress.sendNew = true;
                return;
            }
            m_isFrto = false;
        }
    }
    if (isRecovered)
    {
        if (MayUndo())
        {
            Undo(false);
        }
        else
        {
            m_rack.EndRecovery();
        }
        SetPhase(Phase::OPEN);
        return;
    }
    progress.resend = true;
}

void
PacketTcpSender::EnterRecovery(bool isEchoed)
{
    m_priorThreshold = 0;
    InitUndo();
    if (!IsReducing())
    {
        m_priorThreshold = isEchoed ? 0 : GetCurrentThreshold();
        BeginReduction();
    }
    NS_LOG_LOGIC("recovery of " << m_board.GetNLost() << " segments at " << m_wire.GetNow()
                                << " ns, window " << m_window.size);
    SetPhase(Phase::RECOVERY);
}

void
PacketTcpSender::ReduceForMark()
{
    m_priorThreshold = 0;
    if (m_phase < Phase::CWR)
    {
        NS_LOG_LOGIC("a mark at " << m_wire.GetNow() << " ns, window " << m_window.size);
        m_canUndo = false;
        BeginReduction();
        SetPhase(Phase::CWR);
    }
}

void
PacketTcpSender::EnterLoss()
{
    NS_LOG_FUNCTION(this << m_window.size);
    const bool isNew = m_phase < Phase::RECOVERY;
    const int64_t now = m_wire.GetNow();
    for (uint32_t number = m_board.GetFirst(); number != m_board.GetEnd(); ++number)
    {
        // What was sent less than a round trip ago may still arrive.
        if (number == m_board.GetFirst() || !m_rack.MayStillArrive(m_board[number], now))
        {
            MarkLost(number);
        }
    }
    if (m_phase <= Phase::DISORDER || m_highEnd <= m_board.GetFirst() ||
        (m_phase == Phase::LOSS && m_timeouts == 0))
    {
        m_priorThreshold = GetCurrentThreshold();
        m_reduction.SetPriorWindow(m_window.size);
        m_window.threshold = m_congestion->GetThreshold(m_window);
        InitUndo();
    }
    m_window.size = m_board.GetInFlight() + 1;
    m_window.count = 0;
    m_use.Touch(now);
    if (m_phase <= Phase::DISORDER && m_board.GetNSacked() >= 3)
    {
        m_rack.DoubtReordering();
    }
    SetPhase(Phase::LOSS);
    m_tellsReduced = m_options.ecn;
    m_highEnd = m_board.GetEnd();
    m_isProbing = false;
    m_isFrto = isNew || m_timeouts > 0;
}

void
PacketTcpSender::BeginReduction()
{
    m_highEnd = m_board.GetEnd();
    m_isProbing = false;
    m_window.count = 0;
    m_reduction.Begin(m_window.size);
    m_tellsReduced = m_options.ecn;
    m_window.threshold = m_congestion->GetThreshold(m_window);
}

void
PacketTcpSender::Reduce(uint32_t delivered, uint32_t lost, bool isAdvancing)
{
    if (delivered > 0 && m_reduction.GetPriorWindow() > 0)
    {
        m_window.size = m_reduction.Reduce({delivered, lost, isAdvancing},
                                           m_board.GetInFlight(),
                                           m_window.threshold);
    }
}

void
PacketTcpSender::EndReduction()
{
    if (!m_rate && m_window.threshold < PacketCongestionWindow::NO_THRESHOLD &&
        (m_phase == Phase::CWR || m_canUndo))
    {
        m_window.size = m_window.threshold;
        m_use.Touch(m_wire.GetNow());
    }
}

uint32_t
PacketTcpSender::GetCurrentThreshold() const
{
    return IsReducing() ? m_window.threshold
                        : std::max(m_window.threshold, m_window.size / 2 + m_window.size / 4);
}

void
PacketTcpSender::InitUndo()
{
    m_undoMark = m_board.GetFirst();
    m_canUndo = true;
    m_undoRetrans =
        static_cast<int32_t>(m_board.GetNRetrans()) + (m_isProbing && m_isProbeResent ? 1 : 0);
    // 0 would mean that all that was sent again was told to be a duplicate.
    m_undoRetrans = m_undoRetrans == 0 ? -1 : m_undoRetrans;
}

bool
PacketTcpSender::IsDelayed() const
{
    return m_resentTime == 0 || m_echo < ToStamp(m_resentTime);
}

bool
PacketTcpSender::MayUndo() const
{
    return m_canUndo && (m_undoRetrans == 0 || IsDelayed());
}

void
PacketTcpSender::Undo(bool unmark)
{
    NS_LOG_FUNCTION(this << unmark);
    if (unmark)
    {
        for (uint32_t number = m_board.GetFirst(); number != m_board.GetEnd(); ++number)
        {
            m_board.SetTags(number, m_board[number].tags & ~PacketScoreboard::LOST);
        }
    }
    if (m_priorThreshold > 0)
    {
        m_window.size = m_congestion->Undo(m_window, m_reduction.GetPriorWindow());
        if (m_priorThreshold > m_window.threshold)
        {
            m_window.threshold = m_priorThreshold;
            m_tellsReduced = false; // There was no reduction (tcp_ecn_withdraw_cwr()).
        }
    }
    m_use.Touch(m_wire.GetNow());
    m_canUndo = false;
    m_rack.LookAgain();
    ++m_counts.undone;
}

bool
PacketTcpSender::TryUndoByDuplicates()
{
    if (!m_canUndo || m_undoRetrans != 0)
    {
        return false;
    }
    m_rack.KeepWide();
    Undo(false);
    return true;
}

} // namespace murmuration
} // namespace ns3
