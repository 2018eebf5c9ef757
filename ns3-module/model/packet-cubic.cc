/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-cubic.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketCubic");

namespace
{

constexpr int64_t US = 1'000;
constexpr int64_t MS = 1'000'000;
constexpr int64_t SECOND = 1'000'000'000;

/** One tick of Linux's clock. */
constexpr int64_t JIFFY = 4 * MS;

/** After a loss the window is 717/1024 = 0.7 of what it was. */
constexpr uint64_t BETA = 717;
constexpr uint64_t BETA_SCALE = 1024;

/** Reno with this BETA has the window of Reno with a half if it grows by 8/15 for each round. */
constexpr uint32_t RENO_SCALE = 8 * (BETA_SCALE + BETA) / 3 / (BETA_SCALE - BETA);

/** C = 0.4 in units of 1024 / s^3, and how often a cube of time in s / 1024 holds it. */
constexpr uint64_t C_SCALED = 410;
constexpr uint32_t CUBE_SHIFT = 40;

/** While no loss is known, the window grows by 5 % for each round at least. */
constexpr uint32_t MAX_EVERY_BEFORE_LOSS = 20;

/** HyStart looks at windows from this size on, and at so many round-trip times of each round. */
constexpr uint32_t LOW_WINDOW = 16;
constexpr uint32_t MIN_SAMPLES = 8;

/** Acknowledgements at most so far apart are a train. */
constexpr int64_t TRAIN_SPACING = 2'000 * US;

/** A delay ends slow start when it exceeds the least one by an eighth of it, within these. */
constexpr int64_t MIN_DELAY_RISE = 4 * MS;
constexpr int64_t MAX_DELAY_RISE = 16 * MS;

/** The most that one buffer of the network layer holds, in bytes. */
constexpr double GSO_BYTES = 65536;

} // namespace

void
PacketCubic::HandleOpen(PacketCongestionWindow& /* window */, const Opening& opening)
{
    BeginRound(opening.now, 0);
}

void
PacketCubic::BeginRound(int64_t now, uint32_t nxt)
{
    m_roundStart = now;
    m_lastAck = now;
    m_roundEnd = nxt;
    m_roundRtt = INT64_MAX;
    m_nSamples = 0;
}

void
PacketCubic::HandleSample(PacketCongestionWindow& window, const Sample& sample)
{
    // Right after a loss, delays are those of the queue that it was lost in.
    if (m_epochStart != 0 && sample.now / JIFFY - m_epochStart < SECOND / JIFFY)
    {
        return;
    }
    if (m_delayMin == 0 || m_delayMin > sample.rtt)
    {
        m_delayMin = std::max<int64_t>(sample.rtt, 1);
    }
    if (!m_isFound && window.IsSlowStart())
    {
        WatchSlowStart(window, sample);
    }
}

void
PacketCubic::WatchSlowStart(PacketCongestionWindow& window, const Sample& sample)
{
    if (sample.una > m_roundEnd)
    {
        BeginRound(sample.now, sample.nxt);
    }
    if (window.size < LOW_WINDOW)
    {
        return;
    }
    if (sample.now - m_lastAck <= TRAIN_SPACING)
    {
        m_lastAck = sample.now;
        // Half of what follows, because nothing is paced.
        const double perBuffer = 4 * GSO_BYTES * 1e9 / std::max(sample.pacingRate, 1.0);
        const int64_t allowance = std::min(MS, static_cast<int64_t>(perBuffer));
        if (sample.now - m_roundStart > (m_delayMin + allowance) / 2)
        {
            NS_LOG_LOGIC("a train of acknowledgements ends slow start at " << window.size);
            m_isFound = true;
            window.threshold = window.size;
        }
    }
    m_roundRtt = std::min(m_roundRtt, sample.rtt);
    if (m_nSamples < MIN_SAMPLES)
    {
        ++m_nSamples;
    }
    else if (m_roundRtt > m_delayMin + std::clamp(m_delayMin / 8, MIN_DELAY_RISE, MAX_DELAY_RISE))
    {
        NS_LOG_LOGIC("a delay ends slow start at " << window.size);
        m_isFound = true;
        window.threshold = window.size;
    }
}

void
PacketCubic::Grow(PacketCongestionWindow& window, uint32_t acked, int64_t now)
{
    if (window.IsSlowStart())
    {
        acked = window.GrowFast(acked);
        if (acked == 0)
        {
            return;
        }
    }
    Update(window.size, acked, now);
    window.GrowSlowly(m_every, acked);
}

void
PacketCubic::BeginEpoch(uint32_t size, uint32_t acked, int64_t jiffies)
{
    NS_LOG_FUNCTION(this << size << jiffies);
    m_epochStart = jiffies;
    m_ackCount = acked;
    m_renoWindow = size;
    m_k = 0;
    m_origin = size;
    if (m_lastMaxWindow > size)
    {
        constexpr uint64_t CUBE_FACTOR = (uint64_t{1} << CUBE_SHIFT) / C_SCALED;
        const uint64_t cube = CUBE_FACTOR * (m_lastMaxWindow - size);
        m_k = static_cast<uint64_t>(std::cbrt(static_cast<double>(cube)));
        m_origin = m_lastMaxWindow;
    }
}

uint32_t
PacketCubic::GetTarget(int64_t jiffies) const
{
    const int64_t delay = (m_delayMin + JIFFY - 1) / JIFFY;
    const auto time = static_cast<uint64_t>(jiffies - m_epochStart + delay) * 1024 * JIFFY / SECOND;
    const uint64_t offset = time < m_k ? m_k - time : time - m_k;
    const auto delta = static_cast<uint32_t>((C_SCALED * offset * offset * offset) >> CUBE_SHIFT);
    return time < m_k ? m_origin - delta : m_origin + delta;
}

void
PacketCubic::Update(uint32_t size, uint32_t acked, int64_t now)
{
    const int64_t jiffies = now / JIFFY;
    m_ackCount += acked;
    if (m_lastWindow == size && jiffies - m_lastTime <= SECOND / JIFFY / 32)
    {
        return;
    }
    if (m_epochStart == 0 || jiffies != m_lastTime)
    {
        m_lastWindow = size;
        m_lastTime = jiffies;
        if (m_epochStart == 0)
        {
            BeginEpoch(size, acked, jiffies);
        }
        const uint32_t target = GetTarget(jiffies);
        m_every = target > size ? size / (target - size) : 100 * size;
        if (m_lastMaxWindow == 0)
        {
            m_every = std::min(m_every, MAX_EVERY_BEFORE_LOSS);
        }
    }
    const uint32_t perRenoSegment = (size * RENO_SCALE) >> 3;
    while (m_ackCount > perRenoSegment)
    {
        m_ackCount -= perRenoSegment;
        ++m_renoWindow;
    }
    if (m_renoWindow > size)
    {
        m_every = std::min(m_every, size / (m_renoWindow - size));
    }
    m_every = std::max(m_every, 2U);
}

uint32_t
PacketCubic::GetThreshold(const PacketCongestionWindow& window)
{
    NS_LOG_FUNCTION(this << window.size);
    m_epochStart = 0;
    // Fast convergence: a window that falls leaves room for others.
    m_lastMaxWindow =
        window.size < m_lastMaxWindow
            ? static_cast<uint32_t>(window.size * (BETA_SCALE + BETA) / (2 * BETA_SCALE))
            : window.size;
    return std::max(static_cast<uint32_t>(window.size * BETA / BETA_SCALE), 2U);
}

void
PacketCubic::HandleTimeout(int64_t now, uint32_t nxt)
{
    NS_LOG_FUNCTION(this << now);
    *this = PacketCubic();
    BeginRound(now, nxt);
}

void
PacketCubic::HandleRestart(PacketCongestionWindow& /* window */, const Restart& restart)
{
    // An idle time is no time in which the window would have grown.
    const int64_t now = restart.now / JIFFY;
    const int64_t idle = now - restart.lastSent / JIFFY;
    if (m_epochStart != 0 && idle > 0)
    {
        m_epochStart = std::min(m_epochStart + idle, now);
    }
}

} // namespace murmuration
} // namespace ns3
