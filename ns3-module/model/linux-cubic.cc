/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "linux-cubic.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLinuxCubic");

NS_OBJECT_ENSURE_REGISTERED(LinuxCubic);

namespace
{

constexpr double BETA = 717.0 / 1024;     //!< What a loss leaves of the window
constexpr double C = 0.4;                 //!< Of the cubic function, in segments / s^3
constexpr uint32_t MIN_SAMPLES = 8;       //!< Of a round, before HyStart judges delays
constexpr uint32_t LOW_WINDOW = 16;       //!< HyStart does not look at smaller ones, in segments
constexpr double BURST_BYTES = 4 * 65536; //!< What may leave at once and stretch a train

/** Acknowledgements further apart than this are no train. */
const Time TRAIN_GAP = MilliSeconds(2);
/** Round-trip times right after a loss say nothing. */
const Time SETTLING = Seconds(1);

} // namespace

TypeId
LinuxCubic::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::LinuxCubic")
                            .SetParent<TcpCongestionOps>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<LinuxCubic>();
    return tid;
}

std::string
LinuxCubic::GetName() const
{
    return "LinuxCubic";
}

Ptr<TcpCongestionOps>
LinuxCubic::Fork()
{
    return CopyObject<LinuxCubic>(this);
}

void
LinuxCubic::SetSample(const Sample& sample)
{
    m_sample = sample;
}

void
LinuxCubic::SetLastSent(Time now)
{
    m_lastSent = now;
}

uint32_t
LinuxCubic::GetSsThresh(Ptr<const TcpSocketState> tcb, uint32_t /* bytesInFlight */)
{
    const double window = tcb->GetCwndInSegments();
    m_hasEpoch = false;
    NS_LOG_LOGIC("loss at a window of " << window << " segments");
    // Fast convergence: a window that has shrunk twice leaves room to others.
    m_lastMaxWindow = window < m_lastMaxWindow ? window * (1 + BETA) / 2 : window;
    return std::max(static_cast<uint32_t>(window * BETA), 2U) * tcb->m_segmentSize;
}

void
LinuxCubic::CongestionStateSet(Ptr<TcpSocketState> tcb,
                               const TcpSocketState::TcpCongState_t newState)
{
    if (newState == TcpSocketState::CA_LOSS)
    {
        NS_LOG_LOGIC("timeout: what was known of the path is forgotten");
        m_hasEpoch = false;
        m_lastMaxWindow = 0;
        m_stepAcked = 0;
        m_delayMin = Time(0);
        m_isFound = false;
        BeginRound(tcb);
    }
}

void
LinuxCubic::CwndEvent(Ptr<TcpSocketState> /* tcb */, const TcpSocketState::TcpCAEvent_t event)
{
    // The function stands still while there is nothing to send.
    if (event == TcpSocketState::CA_EVENT_TX_START && m_hasEpoch)
    {
        m_epochStart = std::min(m_epochStart + (Simulator::Now() - m_lastSent), Simulator::Now());
    }
}

void
LinuxCubic::PktsAcked(Ptr<TcpSocketState> tcb, uint32_t /* segmentsAcked */, const Time& /* rtt */)
{
    if (m_sample.rtt.IsZero() || (m_hasEpoch && Simulator::Now() - m_epochStart < SETTLING))
    {
        return;
    }
    m_delayMin = m_delayMin.IsZero() ? m_sample.rtt : std::min(m_delayMin, m_sample.rtt);
    if (!m_isFound && tcb->m_cWnd < tcb->m_ssThresh)
    {
        WatchSlowStart(tcb);
    }
}

void
LinuxCubic::BeginRound(Ptr<const TcpSocketState> tcb)
{
    m_hasRound = true;
    m_roundStart = m_lastAck = Simulator::Now();
    m_roundEnd = tcb->m_highTxMark;
    m_roundRtt = Time::Max();
    m_nSamples = 0;
}

void
LinuxCubic::WatchSlowStart(Ptr<TcpSocketState> tcb)
{
    if (!m_hasRound || m_sample.una > m_roundEnd)
    {
        BeginRound(tcb);
    }
    // Rounds are counted from the start, though the first are not looked at.
    if (tcb->GetCwndInSegments() < LOW_WINDOW)
    {
        return;
    }
    const Time now = Simulator::Now();
    if (now - m_lastAck <= TRAIN_GAP)
    {
        m_lastAck = now;
        // In slow start Linux reckons with twice the window per round-trip time.
        const double rate = 2 * tcb->m_cWnd.Get() / m_sample.rtt.GetSeconds();
        const Time burst = std::min(MilliSeconds(1), Seconds(BURST_BYTES / rate));
        m_isFound = now - m_roundStart > NanoSeconds((m_delayMin + burst).GetNanoSeconds() / 2);
    }
    m_roundRtt = std::min(m_roundRtt, m_sample.rtt);
    if (m_nSamples < MIN_SAMPLES)
    {
        ++m_nSamples;
    }
    else
    {
        const Time eighth = NanoSeconds(m_delayMin.GetNanoSeconds() / 8);
        m_isFound |=
            m_roundRtt > m_delayMin + std::clamp(eighth, MilliSeconds(4), MilliSeconds(16));
    }
    if (m_isFound)
    {
        NS_LOG_LOGIC("slow start ends at a window of " << tcb->GetCwndInSegments());
        tcb->m_ssThresh = tcb->m_cWnd;
    }
}

void
LinuxCubic::IncreaseWindow(Ptr<TcpSocketState> tcb, uint32_t segmentsAcked)
{
    if (!m_sample.isWindowUsed || segmentsAcked == 0)
    {
        return;
    }
    const uint32_t segment = tcb->m_segmentSize;
    if (tcb->m_cWnd < tcb->m_ssThresh)
    {
        const uint32_t room = (tcb->m_ssThresh - tcb->m_cWnd + segment - 1) / segment;
        const uint32_t steps = std::min(room, segmentsAcked);
        tcb->m_cWnd += steps * segment;
        segmentsAcked -= steps;
    }
    if (segmentsAcked == 0)
    {
        return;
    }
    const double perStep = GetSegmentsPerStep(tcb->GetCwndInSegments(), segmentsAcked);
    m_stepAcked += segmentsAcked;
    const double steps = std::floor(m_stepAcked / perStep);
    m_stepAcked -= steps * perStep;
    tcb->m_cWnd += static_cast<uint32_t>(steps) * segment;
}

double
LinuxCubic::GetSegmentsPerStep(double window, uint32_t segmentsAcked)
{
    m_renoAcked += segmentsAcked;
    if (!m_hasEpoch)
    {
        m_hasEpoch = true;
        m_epochStart = Simulator::Now();
        m_renoAcked = segmentsAcked;
        m_renoWindow = window;
        m_origin = std::max(m_lastMaxWindow, window);
        m_k = std::cbrt((m_origin - window) / C);
        NS_LOG_LOGIC("growth begins at " << window << " segments, back at " << m_origin << " in "
                                         << m_k << " s");
    }
    const double t = (Simulator::Now() - m_epochStart + m_delayMin).GetSeconds();
    const double target = m_origin + C * std::pow(t - m_k, 3);
    double perStep = target > window ? window / (target - window) : 100 * window;
    // Without a loss to go by, a window grows by five percent per round-trip time at least.
    perStep = m_lastMaxWindow == 0 ? std::min(perStep, 20.0) : perStep;
    // Reno with this BETA grows by one for so many windows of segments [RFC 8312, section 4.2].
    const double perRenoStep = window * (1 + BETA) / (3 * (1 - BETA));
    while (m_renoAcked > perRenoStep)
    {
        m_renoAcked -= perRenoStep;
        ++m_renoWindow;
    }
    if (m_renoWindow > window)
    {
        perStep = std::min(perStep, window / (m_renoWindow - window));
    }
    return std::max(perStep, 2.0);
}

} // namespace murmuration
} // namespace ns3
