/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-tcp-receiver.h"

#include "ns3/log.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketTcpReceiver");

namespace
{

/** Acknowledgements of one number that are sent at once, before they are compressed. */
constexpr uint8_t DUPLICATE_ACKS = 3;

/** Acknowledgements that are sent together at most (tcp_comp_sack_nr). */
constexpr uint8_t MOST_COMPRESSED = 44;

/** How long a compressed acknowledgement waits at most (tcp_comp_sack_delay_ns). */
constexpr int64_t COMPRESSION_DELAY = 1'000'000;

/** First timeout of an answer to a SYN. */
constexpr int64_t SYN_ACK_TIMEOUT = 1'000'000'000;

/** Memory that a full segment takes (skb->truesize), and its payload in 256ths of that
 * (tcp_sock::scaling_ratio: 1448 / 2304). */
constexpr uint64_t SEGMENT_MEMORY = 2304;
constexpr uint64_t PAYLOAD_SHARE = 160;

/** Segments that the window begins with: what 64 KiB hold. */
constexpr uint64_t FIRST_WINDOW_SEGMENTS = 45;

/** Segments of a first round trip. */
constexpr uint64_t FIRST_SPACE_SEGMENTS = 10;

/**
 * What of so much memory a window may be (tcp_win_from_space()).
 * @param memory in bytes
 * @return bytes
 */
uint64_t
ToWindow(uint64_t memory)
{
    return memory * PAYLOAD_SHARE / 256;
}

} // namespace

PacketTcpReceiver::PacketTcpReceiver(const PacketTcpOptions& options,
                                     Wire& wire,
                                     const PacketTicks& ticks)
    : m_options(options),
      m_wire(wire),
      m_ticks(ticks),
      m_windowLimit(std::min<uint64_t>(FIRST_WINDOW_SEGMENTS * options.segmentSize,
                                       uint64_t{options.firstReceiveBuffer} / 2)),
      m_memory(options.firstReceiveBuffer),
      m_space(FIRST_SPACE_SEGMENTS * options.segmentSize)
{
    NS_LOG_FUNCTION(this);
}

void
PacketTcpReceiver::HandleSyn(int64_t stamp)
{
    NS_LOG_FUNCTION(this << stamp);
    if (m_state == State::OPEN)
    {
        SendAck(); // It was late, or repeated in vain (tcp_send_challenge_ack()).
        return;
    }
    m_synStamp = stamp;
    m_echo = stamp;
    if (m_state != State::OPENING)
    {
        m_state = State::OPENING;
        m_nSynAcks = 0;
        m_synAckAt = m_ticks.GetExpiry(m_wire.GetNow(), SYN_ACK_TIMEOUT);
    }
    m_windowEnd = m_windowLimit;
    m_synAckSent = m_wire.GetNow();
    m_wire.SendSynAck(stamp, static_cast<uint32_t>(m_windowLimit));
}

void
PacketTcpReceiver::HandleHandshakeAck()
{
    if (Refuse())
    {
        return;
    }
    if (m_state == State::OPENING)
    {
        m_roundTrip = m_wire.GetNow() - m_synAckSent;
    }
    m_state = State::OPEN;
    m_synAckAt = NEVER;
    m_spaceTime = m_wire.GetNow();
}

void
PacketTcpReceiver::HandleData(const Arrival& arrival)
{
    const uint32_t number = arrival.number;
    const uint32_t payload = arrival.payload;
    if (Refuse())
    {
        return;
    }
    if (m_state == State::OPENING)
    {
        HandleHandshakeAck();
    }
    Measure(arrival);
    const bool isAnswer = HandleMarks(arrival.marks);
    if (number < m_next)
    {
        ++m_nDuplicates;
        BeQuick();
        const PacketSackBlock duplicate{number, number + 1};
        SendAck(&duplicate);
        return;
    }
    if (number > m_next)
    {
        if (!KeepOutOfOrder(number, payload))
        {
            ++m_nDuplicates;
            const PacketSackBlock duplicate{number, number + 1};
            SendAck(&duplicate);
            return;
        }
        GrowLimit();
        GrowMemory(m_space);
        Acknowledge(false);
        return;
    }
    // The echo is that of the first segment that an acknowledgement covers [RFC 7323].
    if (number <= m_acked)
    {
        m_echo = arrival.stamp;
    }
    ++m_next;
    m_receivedBytes += payload;
    m_orderedBytes += payload;
    m_unackedBytes += payload;
    const bool hadGap = !m_blocks.empty();
    TakeInOrder();
    AdaptDelay();
    GrowLimit();
    const bool isNow = isAnswer || arrival.isPushed || payload < m_options.segmentSize ||
                       (hadGap && m_blocks.empty());
    Acknowledge(isNow);
    AdjustSpace();
}

bool
PacketTcpReceiver::Refuse()
{
    if (m_state == State::OPENING || m_state == State::OPEN)
    {
        return false;
    }
    NS_LOG_LOGIC("something of no connection at " << m_wire.GetNow() << " ns: a reset");
    m_wire.SendResetBack();
    return true;
}

void
PacketTcpReceiver::HandleReset()
{
    NS_LOG_FUNCTION(this);
    m_state = State::GONE;
    m_delayedAt = NEVER;
    m_compressedAt = NEVER;
    m_synAckAt = NEVER;
}

int64_t
PacketTcpReceiver::GetEarliestGiveUp() const
{
    switch (m_state)
    {
    case State::LISTEN:
        return m_wire.GetNow() + SYN_ACK_TIMEOUT;
    case State::OPENING:
        return m_synAckAt; // It may be repeated then; whoever asks once more is told.
    case State::OPEN:
        return NEVER;
    case State::GONE:
        break;
    }
    return 0;
}

bool
PacketTcpReceiver::HandleMarks(uint8_t marks)
{
    // Two acknowledgements at once tell of the first mark.
    constexpr uint32_t QUICK_ECHOES = 2;
    const bool isReduced = (marks & PacketSegment::REDUCED) != 0;
    m_isEchoing = m_isEchoing && !isReduced;
    if ((marks & PacketSegment::CONGESTED) != 0 && !m_isEchoing)
    {
        m_isEchoing = true;
        m_quick = std::max(m_quick, QUICK_ECHOES);
    }
    return isReduced;
}

bool
PacketTcpReceiver::KeepOutOfOrder(uint32_t number, uint32_t payload)
{
    auto after = std::upper_bound(
        m_blocks.begin(),
        m_blocks.end(),
        number,
        [](uint32_t left, const PacketSackBlock& right) { return left < right.begin; });
    const bool hasBefore = after != m_blocks.begin();
    if (hasBefore && number < (after - 1)->end)
    {
        return false;
    }
    m_receivedBytes += payload;
    m_disorderedBytes += payload;
    const bool extends = hasBefore && (after - 1)->end == number;
    const bool precedes = after != m_blocks.end() && after->begin == number + 1;
    if (extends && precedes)
    {
        (after - 1)->end = after->end;
        m_blocks.erase(after);
    }
    else if (extends)
    {
        ++(after - 1)->end;
    }
    else if (precedes)
    {
        --after->begin;
    }
    else
    {
        m_blocks.insert(after, {number, number + 1});
    }
    TellFirst(number);
    return true;
}

void
PacketTcpReceiver::TellFirst(uint32_t number)
{
    const auto block =
        std::find_if(m_blocks.begin(), m_blocks.end(), [number](const PacketSackBlock& each) {
            return number < each.end;
        });
    // Blocks that it has joined are part of it now.
    uint8_t kept = 0;
    for (uint8_t index = 0; index < m_nTold; ++index)
    {
        if (m_told[index].end < block->begin || m_told[index].begin > block->end)
        {
            m_told[kept++] = m_told[index];
        }
    }
    kept = std::min<uint8_t>(kept, static_cast<uint8_t>(m_told.size() - 1));
    std::copy_backward(m_told.begin(), m_told.begin() + kept, m_told.begin() + kept + 1);
    m_told[0] = *block;
    m_nTold = kept + 1;
}

void
PacketTcpReceiver::TakeInOrder()
{
    if (m_blocks.empty())
    {
        return;
    }
    if (m_blocks.front().begin == m_next)
    {
        const PacketSackBlock& block = m_blocks.front();
        const uint64_t bytes =
            std::min<uint64_t>(m_disorderedBytes,
                               uint64_t{block.end - block.begin} * m_options.segmentSize);
        m_next = block.end;
        m_blocks.erase(m_blocks.begin());
        const uint64_t taken = m_blocks.empty() ? m_disorderedBytes : bytes;
        m_disorderedBytes -= taken;
        m_orderedBytes += taken;
        m_unackedBytes += taken;
    }
    uint8_t kept = 0;
    for (uint8_t index = 0; index < m_nTold; ++index)
    {
        if (m_told[index].end > m_next)
        {
            m_told[kept++] = m_told[index];
        }
    }
    m_nTold = kept;
}

void
PacketTcpReceiver::Measure(const Arrival& arrival)
{
    const int64_t echo = m_wire.GetNow() - arrival.roundTrip;
    // An acknowledgement counts once, for the first segment that it has let go.
    if (echo / PacketSegment::CLOCK_UNIT == m_lastEcho / PacketSegment::CLOCK_UNIT ||
        arrival.payload < m_options.segmentSize)
    {
        return;
    }
    m_lastEcho = echo;
    const int64_t sample = std::max(arrival.roundTrip, PacketSegment::CLOCK_UNIT);
    m_dataTrip =
        m_dataTrip == 0 || sample < m_dataTrip ? sample : m_dataTrip - m_dataTrip / 8 + sample / 8;
}

int64_t
PacketTcpReceiver::GetTimeout() const
{
    // Who sends nothing but acknowledgements never measures again.
    return PacketTicks::RoundUp(m_roundTrip + std::max(2 * m_roundTrip, m_options.minRto));
}

void
PacketTcpReceiver::AdaptDelay()
{
    const int64_t now = m_wire.GetNow();
    const int64_t least = m_options.delayedAck;
    const int64_t timeout = GetTimeout();
    const int64_t pause = (m_ticks.Count(now) - m_ticks.Count(m_lastData)) * PacketTicks::LENGTH;
    if (m_delay == 0)
    {
        m_delay = least;
        BeQuick();
    }
    else if (pause <= least / 2)
    {
        m_delay = m_delay / 2 + least / 2;
    }
    else if (pause < m_delay)
    {
        m_delay = std::min(m_delay / 2 + pause, timeout);
    }
    else if (pause > timeout)
    {
        BeQuick();
    }
    m_lastData = now;
}

void
PacketTcpReceiver::BeQuick()
{
    const uint64_t half = std::max<uint64_t>(m_windowLimit / (2 * m_options.segmentSize), 2);
    const auto quick = static_cast<uint32_t>(std::min<uint64_t>(half, m_options.quickAcks));
    m_quick = std::max(m_quick, quick);
}

void
PacketTcpReceiver::Acknowledge(bool isNow)
{
    if (isNow || m_quick > 0 || m_unackedBytes > m_options.segmentSize)
    {
        SendAck();
        return;
    }
    const int64_t now = m_wire.GetNow();
    if (m_blocks.empty())
    {
        // A sender must not take it for lost meanwhile (tcp_delack_max()).
        const int64_t most = std::max(m_roundTrip, m_options.delayedAck);
        const int64_t limit =
            std::max(m_options.minRto, 2 * PacketTicks::LENGTH) - PacketTicks::LENGTH;
        const int64_t delay = std::min({m_delay, most, limit});
        m_delayedAt = std::min(m_delayedAt, m_ticks.GetExpiry(now, delay));
        return;
    }
    if (m_duplicateAckNumber != m_next)
    {
        m_duplicateAckNumber = m_next;
        m_nDuplicateAcks = 0;
    }
    if (m_nDuplicateAcks < DUPLICATE_ACKS)
    {
        ++m_nDuplicateAcks;
        SendAck();
    }
    else if (++m_nCompressed >= MOST_COMPRESSED)
    {
        SendAck();
    }
    else if (m_compressedAt == NEVER)
    {
        const int64_t trip = m_dataTrip > 0 ? std::min(m_dataTrip, m_roundTrip) : m_roundTrip;
        m_compressedAt = now + std::min(COMPRESSION_DELAY, trip / 20);
    }
}

void
PacketTcpReceiver::SendAck(const PacketSackBlock* duplicate)
{
    PacketSack sack;
    sack.isEcho = m_isEchoing;
    if (duplicate)
    {
        sack.isDuplicate = true;
        sack.blocks[sack.count++] = *duplicate;
    }
    for (uint8_t index = 0; index < m_nTold && sack.count < sack.blocks.size(); ++index)
    {
        sack.blocks[sack.count++] = m_told[index];
    }
    if (m_quick > 0 && --m_quick == 0)
    {
        m_delay = m_options.delayedAck;
    }
    m_acked = m_next;
    m_unackedBytes = 0;
    m_nCompressed = 0;
    m_delayedAt = NEVER;
    m_compressedAt = NEVER;
    m_wire.SendAck(m_next, m_echo, ChooseWindow(), sack);
}

uint64_t
PacketTcpReceiver::GetFree() const
{
    // What is in order is read at once, but for what has just come.
    const uint64_t waiting = 1 + m_disorderedBytes / m_options.segmentSize;
    const uint64_t taken = waiting * SEGMENT_MEMORY;
    return m_memory > taken ? ToWindow(m_memory - taken) : 0;
}

void
PacketTcpReceiver::GrowLimit()
{
    const uint64_t free = GetFree();
    if (m_windowLimit < free)
    {
        // Two segments for each one that has come. The sender is to hear of it at once.
        m_windowLimit = std::min(m_windowLimit + 2 * m_options.segmentSize, free);
        m_quick |= 1;
    }
}

void
PacketTcpReceiver::GrowMemory(uint64_t copied)
{
    // A sender in slow start may have doubled its rate since, and what is missing comes on top.
    uint64_t window = 2 * copied;
    window += 2 * (window * (copied - m_space) / m_space);
    if (!m_blocks.empty())
    {
        window += uint64_t{m_blocks.back().end - m_next} * m_options.segmentSize;
    }
    m_space = copied;
    const uint64_t memory = window * 256 / PAYLOAD_SHARE;
    m_memory = std::max(m_memory, std::min<uint64_t>(memory, m_options.receiveBuffer));
}

void
PacketTcpReceiver::AdjustSpace()
{
    const int64_t now = m_wire.GetNow();
    if (m_dataTrip == 0 || now - m_spaceTime < m_dataTrip)
    {
        return;
    }
    const uint64_t copied = m_orderedBytes - m_spaceBytes;
    if (copied > m_space)
    {
        GrowMemory(copied);
    }
    m_spaceBytes = m_orderedBytes;
    m_spaceTime = now;
}

uint32_t
PacketTcpReceiver::ChooseWindow()
{
    // What was announced is never taken back.
    m_windowEnd = std::max(m_windowEnd, m_orderedBytes + std::min(GetFree(), m_windowLimit));
    return static_cast<uint32_t>(m_windowEnd - m_orderedBytes);
}

int64_t
PacketTcpReceiver::GetDeadline() const
{
    return std::min({m_delayedAt, m_compressedAt, m_synAckAt});
}

void
PacketTcpReceiver::HandleTimer()
{
    const int64_t now = m_wire.GetNow();
    if (m_synAckAt <= now)
    {
        m_synAckAt = NEVER;
        if (m_nSynAcks < m_options.synAckRetries)
        {
            NS_LOG_LOGIC("no answer to a SYN-ACK: once more at " << now << " ns");
            ++m_nSynAcks;
            m_synAckAt = m_ticks.GetExpiry(now, SYN_ACK_TIMEOUT << m_nSynAcks);
            m_synAckSent = now;
            m_wire.SendSynAck(m_synStamp, static_cast<uint32_t>(m_windowLimit));
        }
        else
        {
            NS_LOG_LOGIC("no answer to any SYN-ACK: the SYN is forgotten");
            m_state = State::GONE;
        }
    }
    if (m_delayedAt <= now)
    {
        // No second segment has come: they are further apart (tcp_delack_timer_handler()).
        m_delay = std::min(2 * m_delay, GetTimeout());
    }
    if (m_delayedAt <= now || m_compressedAt <= now)
    {
        SendAck();
    }
}

} // namespace murmuration
} // namespace ns3
