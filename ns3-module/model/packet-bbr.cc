/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-bbr.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketBbr");

namespace
{

constexpr uint32_t RATE_SHIFT = PacketBbrUnits::RATE_SHIFT; //!< Of segments per us
constexpr uint64_t RATE_UNIT = PacketBbrUnits::RATE_UNIT;   //!< One segment per us
constexpr uint32_t GAIN_SHIFT = PacketBbrUnits::GAIN_SHIFT; //!< Of gains
constexpr uint32_t GAIN_UNIT = PacketBbrUnits::GAIN_UNIT;   //!< A gain of one
constexpr uint32_t HIGH_GAIN = GAIN_UNIT * 2885 / 1000 + 1; //!< 2 / ln 2: doubles in a round trip
constexpr uint32_t DRAIN_GAIN = GAIN_UNIT * 1000 / 2885;    //!< Its inverse
constexpr uint32_t WINDOW_GAIN = 2 * GAIN_UNIT;             //!< For delayed acknowledgements
constexpr std::array<uint32_t, 8> CYCLE_GAINS{GAIN_UNIT * 5 / 4,
                                              GAIN_UNIT * 3 / 4,
                                              GAIN_UNIT,
                                              GAIN_UNIT,
                                              GAIN_UNIT,
                                              GAIN_UNIT,
                                              GAIN_UNIT,
                                              GAIN_UNIT}; //!< Of PROBE_BW
constexpr uint32_t DRAWN_PHASES = 7;                      //!< It does not begin with the second one
constexpr uint32_t RATE_ROUNDS = 10;                      //!< How long a rate holds
constexpr int64_t TRIP_LIFETIME = 10'000'000;       //!< How long a round-trip time does, in us
constexpr int64_t TRIP_PROBE = 200'000;             //!< How long PROBE_RTT lasts, in us
constexpr uint32_t LEAST_WINDOW = 4;                //!< In segments
constexpr uint32_t FIRST_WINDOW = 10;               //!< Without a round-trip time
constexpr uint32_t FULL_ROUNDS = 3;                 //!< In which the rate has not grown
constexpr uint64_t LEAST_PAIR_RATE = 1'200'000 / 8; //!< From there on two segments leave together
constexpr uint64_t BUFFERS_PER_SECOND = 1024;       //!< At the pacing rate
constexpr uint64_t MOST_BUFFER = 65535 - 320;       //!< Bytes that leave together
constexpr uint32_t MOST_BURST = 0x7f;               //!< Segments that do

constexpr uint32_t EXTRA_ROUNDS = 5;     //!< Of a window of aggregation
constexpr uint32_t MOST_EPOCH = 1 << 20; //!< Segments of an epoch
constexpr uint64_t MOST_EXTRA = 100'000; //!< At the rate, in us

} // namespace

void
PacketBbr::HandleOpen(PacketCongestionWindow& window, const Opening& opening)
{
    NS_LOG_FUNCTION(this << window.size << opening.rtt);
    m_segmentSize = opening.segmentSize;
    m_draws = opening.salt;
    m_leastTrip = opening.rtt / 1000;
    m_leastTripTime = opening.now / 1000;
    m_deliveredTime = opening.now / 1000;
    m_epochTime = opening.now / 1000;
    m_hasSeenTrip = true;
    const auto trip = static_cast<uint64_t>(std::max<int64_t>(m_leastTrip, 1));
    m_pacingRate = ToBytes(window.size * RATE_UNIT / trip, HIGH_GAIN);
    UpdateGains();
}

void
PacketBbr::HandleSample(PacketCongestionWindow& /* window */, const Sample& /* sample */)
{
}

void
PacketBbr::Grow(PacketCongestionWindow& /* window */, uint32_t /* acked */, int64_t /* now */)
{
}

bool
PacketBbr::IsRateBased() const
{
    return true;
}

double
PacketBbr::GetPacingRate() const
{
    return static_cast<double>(m_pacingRate);
}

uint64_t
PacketBbr::GetMaxRate() const
{
    return m_maxRate.Get();
}

uint64_t
PacketBbr::GetRate() const
{
    return m_policer.IsFound() ? m_policer.GetRate() : GetMaxRate();
}

uint64_t
PacketBbr::ToBytes(uint64_t rate, uint32_t gain) const
{
    return PacketBbrUnits::ToBytes(rate, gain, m_segmentSize);
}

uint32_t
PacketBbr::GetBurst() const
{
    const uint64_t bytes = std::min(m_pacingRate / BUFFERS_PER_SECOND, MOST_BUFFER);
    const uint64_t least = m_pacingRate < LEAST_PAIR_RATE ? 1 : 2;
    return static_cast<uint32_t>(
        std::min<uint64_t>(std::max(bytes / m_segmentSize, least), MOST_BURST));
}

uint32_t
PacketBbr::GetProduct(uint64_t rate, uint32_t gain) const
{
    if (m_leastTrip < 0)
    {
        return FIRST_WINDOW;
    }
    const uint64_t product = rate * static_cast<uint64_t>(m_leastTrip);
    return static_cast<uint32_t>((((product * gain) >> GAIN_SHIFT) + RATE_UNIT - 1) / RATE_UNIT);
}

uint32_t
PacketBbr::Quantize(uint32_t window) const
{
    window += 3 * GetBurst();
    window = (window + 1) & ~1U;
    return window + (m_mode == Mode::PROBE_BW && m_cycle == 0 ? 2 : 0);
}

uint32_t
PacketBbr::GetInNetwork(uint32_t inFlight, const PacketRateSample& sample) const
{
    const uint64_t leaves =
        (GetRate() * static_cast<uint64_t>(sample.untilDeparture)) >> RATE_SHIFT;
    const uint64_t then = inFlight + (m_pacingGain > GAIN_UNIT ? GetBurst() : 0);
    return leaves >= then ? 0 : static_cast<uint32_t>(then - leaves);
}

uint32_t
PacketBbr::Draw(uint32_t below)
{
    // [Steele, 2014], as a step of the connection's own: what others draw does not matter.
    m_draws += 0x9e3779b97f4a7c15;
    uint64_t bits = m_draws;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return static_cast<uint32_t>((bits ^ (bits >> 31)) % below);
}

bool
PacketBbr::Control(PacketCongestionWindow& window,
                   PacketPhase phase,
                   const PacketRateSample& sample)
{
    m_deliveredTime = sample.deliveredTime;
    m_totalDelivered = sample.totalDelivered;
    m_totalLost = sample.totalLost;
    UpdateRate(sample);
    UpdateAggregation(window, sample);
    UpdateCycle(sample);
    CheckFull(window, sample);
    const bool isProbingTrip = UpdateLeastTrip(window, sample);
    UpdateGains();
    if (!m_hasSeenTrip && sample.smoothedRtt > 0)
    {
        m_hasSeenTrip = true;
        m_pacingRate =
            ToBytes(window.size * RATE_UNIT / static_cast<uint64_t>(sample.smoothedRtt), HIGH_GAIN);
    }
    SetPacingRate(GetRate(), m_pacingGain);
    SetWindow(window, phase, sample);
    return isProbingTrip;
}

void
PacketBbr::UpdateRate(const PacketRateSample& sample)
{
    m_isRoundStart = false;
    if (sample.delivered < 0 || sample.interval <= 0)
    {
        return;
    }
    if (sample.priorDelivered >= m_nextRound)
    {
        m_nextRound = sample.totalDelivered;
        ++m_nRounds;
        m_isRoundStart = true;
        m_conserves = false;
    }
    WatchPolicer(sample);
    const uint64_t rate = static_cast<uint64_t>(sample.delivered) * RATE_UNIT /
                          static_cast<uint64_t>(sample.interval);
    // Where there was not enough to send, a sample says only that the path is not slower.
    if (!sample.isLimited || rate >= GetMaxRate())
    {
        m_maxRate.Add(rate, m_nRounds, RATE_ROUNDS);
    }
}

void
PacketBbr::WatchPolicer(const PacketRateSample& sample)
{
    switch (m_policer.Watch(sample, {m_isRoundStart, m_mode == Mode::PROBE_BW, m_segmentSize}))
    {
    case PacketPolicer::News::NONE:
        break;
    case PacketPolicer::News::FOUND:
        NS_LOG_LOGIC("a policer lets through " << ToBytes(GetRate(), GAIN_UNIT) << " B/s");
        m_pacingGain = GAIN_UNIT;
        break;
    case PacketPolicer::News::EXPIRED:
        BeginProbing();
        break;
    }
}

void
PacketBbr::UpdateAggregation(const PacketCongestionWindow& window, const PacketRateSample& sample)
{
    if (sample.acked == 0 || sample.delivered < 0 || sample.interval <= 0)
    {
        return;
    }
    if (m_isRoundStart && ++m_extraRounds >= EXTRA_ROUNDS)
    {
        m_extraRounds = 0;
        m_extraIndex = 1 - m_extraIndex;
        m_extraAcked[m_extraIndex] = 0;
    }
    const int64_t duration = sample.deliveredTime - m_epochTime;
    uint64_t expected = GetRate() * static_cast<uint64_t>(duration) / RATE_UNIT;
    if (m_epochAcked <= expected || m_epochAcked + sample.acked >= MOST_EPOCH)
    {
        m_epochAcked = 0;
        m_epochTime = sample.deliveredTime;
        expected = 0;
    }
    m_epochAcked = std::min(MOST_EPOCH - 1, m_epochAcked + sample.acked);
    const auto extra = static_cast<uint32_t>(m_epochAcked - expected);
    m_extraAcked[m_extraIndex] = std::max(m_extraAcked[m_extraIndex], std::min(extra, window.size));
}

void
PacketBbr::UpdateCycle(const PacketRateSample& sample)
{
    if (m_mode != Mode::PROBE_BW)
    {
        return;
    }
    const bool isFullLength = sample.deliveredTime - m_cycleTime > m_leastTrip;
    bool isOver = isFullLength;
    if (m_pacingGain != GAIN_UNIT)
    {
        const uint32_t inFlight = GetInNetwork(sample.priorInFlight, sample);
        if (m_pacingGain > GAIN_UNIT)
        {
            const uint32_t enough = Quantize(GetProduct(GetMaxRate(), m_pacingGain));
            isOver = isFullLength && (sample.losses > 0 || inFlight >= enough);
        }
        else
        {
            isOver = isFullLength || inFlight <= Quantize(GetProduct(GetMaxRate(), GAIN_UNIT));
        }
    }
    if (isOver)
    {
        AdvanceCycle();
    }
}

void
PacketBbr::AdvanceCycle()
{
    m_cycle = (m_cycle + 1) % CYCLE_GAINS.size();
    m_cycleTime = m_deliveredTime;
}

void
PacketBbr::BeginProbing()
{
    NS_LOG_LOGIC("PROBE_BW at " << m_deliveredTime << " us, " << ToBytes(GetRate(), GAIN_UNIT)
                                << " B/s");
    m_mode = Mode::PROBE_BW;
    m_cycle = static_cast<uint32_t>(CYCLE_GAINS.size()) - 1 - Draw(DRAWN_PHASES);
    AdvanceCycle();
}

void
PacketBbr::CheckFull(PacketCongestionWindow& window, const PacketRateSample& sample)
{
    if (!m_isFull && m_isRoundStart && !sample.isLimited)
    {
        if (GetMaxRate() >= m_fullRate * 5 / 4)
        {
            m_fullRate = GetMaxRate();
            m_fullCount = 0;
        }
        else
        {
            m_isFull = ++m_fullCount >= FULL_ROUNDS;
        }
    }
    const uint32_t product = Quantize(GetProduct(GetMaxRate(), GAIN_UNIT));
    if (m_mode == Mode::STARTUP && m_isFull)
    {
        NS_LOG_LOGIC("DRAIN at " << sample.now << " us");
        m_mode = Mode::DRAIN;
        window.threshold = product;
    }
    if (m_mode == Mode::DRAIN && GetInNetwork(sample.inFlight, sample) <= product)
    {
        BeginProbing();
    }
}

bool
PacketBbr::UpdateLeastTrip(PacketCongestionWindow& window, const PacketRateSample& sample)
{
    const bool isOld = sample.now > m_leastTripTime + TRIP_LIFETIME;
    if (sample.rtt >= 0 &&
        (m_leastTrip < 0 || sample.rtt <= m_leastTrip || (isOld && !sample.isAckDelayed)))
    {
        m_leastTrip = sample.rtt;
        m_leastTripTime = sample.now;
    }
    if (isOld && !m_isRestarting && m_mode != Mode::PROBE_RTT)
    {
        NS_LOG_LOGIC("PROBE_RTT at " << sample.now << " us");
        GetThreshold(window); // Remembers the window.
        m_mode = Mode::PROBE_RTT;
        m_tripDone = 0;
    }
    const bool isProbing = m_mode == Mode::PROBE_RTT;
    if (isProbing && m_tripDone == 0 && sample.inFlight <= LEAST_WINDOW)
    {
        m_tripDone = sample.now + TRIP_PROBE;
        m_isTripRoundDone = false;
        m_nextRound = sample.totalDelivered;
    }
    else if (isProbing && m_tripDone != 0)
    {
        m_isTripRoundDone = m_isTripRoundDone || m_isRoundStart;
        if (m_isTripRoundDone)
        {
            CheckTripDone(window, sample.now);
        }
    }
    if (sample.delivered > 0)
    {
        m_isRestarting = false;
    }
    return isProbing;
}

void
PacketBbr::CheckTripDone(PacketCongestionWindow& window, int64_t now)
{
    if (m_tripDone == 0 || now <= m_tripDone)
    {
        return;
    }
    m_leastTripTime = now;
    window.size = std::max(window.size, m_priorWindow);
    if (m_isFull)
    {
        BeginProbing();
    }
    else
    {
        NS_LOG_LOGIC("STARTUP at " << now << " us");
        m_mode = Mode::STARTUP;
    }
}

void
PacketBbr::UpdateGains()
{
    switch (m_mode)
    {
    case Mode::STARTUP:
        m_pacingGain = HIGH_GAIN;
        m_windowGain = HIGH_GAIN;
        break;
    case Mode::DRAIN:
        m_pacingGain = DRAIN_GAIN;
        m_windowGain = HIGH_GAIN;
        break;
    case Mode::PROBE_BW:
        m_pacingGain = m_policer.IsFound() ? GAIN_UNIT : CYCLE_GAINS[m_cycle];
        m_windowGain = WINDOW_GAIN;
        break;
    case Mode::PROBE_RTT:
        m_pacingGain = GAIN_UNIT;
        m_windowGain = GAIN_UNIT;
        break;
    }
}

void
PacketBbr::SetPacingRate(uint64_t rate, uint32_t gain)
{
    const uint64_t bytes = ToBytes(rate, gain);
    if (m_isFull || bytes > m_pacingRate)
    {
        m_pacingRate = bytes;
    }
}

void
PacketBbr::SetWindow(PacketCongestionWindow& window,
                     PacketPhase phase,
                     const PacketRateSample& sample)
{
    if (sample.acked > 0)
    {
        uint32_t size = window.size;
        size = sample.losses < size ? size - sample.losses : 1;
        if (phase == PacketPhase::RECOVERY && m_phase != PacketPhase::RECOVERY)
        {
            m_conserves = true;
            m_nextRound = sample.totalDelivered;
            size = sample.inFlight + sample.acked;
        }
        else if (m_phase >= PacketPhase::RECOVERY && phase < PacketPhase::RECOVERY)
        {
            size = std::max(size, m_priorWindow);
            m_conserves = false;
        }
        m_phase = phase;
        if (m_conserves)
        {
            size = std::max(size, sample.inFlight + sample.acked);
        }
        else
        {
            uint32_t target = GetProduct(GetRate(), m_windowGain);
            if (m_isFull)
            {
                const uint64_t most = GetRate() * MOST_EXTRA / RATE_UNIT;
                const uint64_t extra = std::max(m_extraAcked[0], m_extraAcked[1]);
                target += static_cast<uint32_t>(std::min(extra, most));
            }
            target = Quantize(target);
            if (m_isFull)
            {
                size = std::min(size + sample.acked, target);
            }
            else if (size < target || sample.totalDelivered < FIRST_WINDOW)
            {
                size += sample.acked;
            }
            size = std::max(size, LEAST_WINDOW);
        }
        window.size = size;
    }
    if (m_mode == Mode::PROBE_RTT)
    {
        window.size = std::min(window.size, LEAST_WINDOW);
    }
}

uint32_t
PacketBbr::GetThreshold(const PacketCongestionWindow& window)
{
    const bool isGood = m_phase < PacketPhase::RECOVERY && m_mode != Mode::PROBE_RTT;
    m_priorWindow = isGood ? window.size : std::max(m_priorWindow, window.size);
    return window.threshold;
}

void
PacketBbr::HandleTimeout(int64_t now, uint32_t /* nxt */)
{
    NS_LOG_FUNCTION(this << now);
    m_phase = PacketPhase::LOSS;
    m_fullRate = 0;
    m_isRoundStart = true;
    PacketRateSample sample;
    sample.losses = 1;
    sample.now = now / 1000;
    sample.deliveredTime = m_deliveredTime;
    sample.totalDelivered = m_totalDelivered;
    sample.totalLost = m_totalLost;
    WatchPolicer(sample);
}

void
PacketBbr::HandleRestart(PacketCongestionWindow& window, const Restart& restart)
{
    if (!restart.isLimited)
    {
        return;
    }
    m_isRestarting = true;
    m_epochTime = restart.now / 1000;
    m_epochAcked = 0;
    if (m_mode == Mode::PROBE_BW)
    {
        SetPacingRate(GetRate(), GAIN_UNIT);
    }
    else if (m_mode == Mode::PROBE_RTT)
    {
        CheckTripDone(window, restart.now / 1000);
    }
}

uint32_t
PacketBbr::Undo(const PacketCongestionWindow& window, uint32_t /* prior */)
{
    m_fullRate = 0;
    m_fullCount = 0;
    m_policer.Forget();
    return window.size;
}

} // namespace murmuration
} // namespace ns3
