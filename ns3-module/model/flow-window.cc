/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flow-window.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

namespace
{

// HyStart as TcpCubic has it: attributes HyStartLowWindow, HyStartMinSamples, HyStartAckDelta,
// HyStartDelayMin and HyStartDelayMax. An acknowledgement stands for two segments.
constexpr double LOW_WINDOW = 16;          //!< Below so many segments slow start does not end
constexpr double FIRST_SAMPLE = 2;         //!< The acknowledgement before it begins the round
constexpr double LAST_SAMPLE = 9;          //!< Eight samples
constexpr double SAMPLED_SEGMENTS = 18;    //!< Eight samples of the delay, and one that judges
constexpr double ACKNOWLEDGED = 2;         //!< Segments for each acknowledgement
constexpr double TRAIN_GAP = 0.002;        //!< A longer break between two ends a train
constexpr double LEAST_THRESHOLD = 0.004;  //!< Least added delay that counts
constexpr double GREATEST_THRESHOLD = 1.0; //!< Greatest added delay that is asked for

constexpr double LEAST_TIMEOUT = 1;      //!< In seconds [RFC 6298]
constexpr double LEAST_DEVIATIONS = 0.2; //!< In seconds: TCP_RTO_MIN
constexpr double GAIN = 0.125;           //!< Of a sample in the smoothed round-trip time [RFC 6298]
const double LOG_FORGETTING = std::log(1 - GAIN); //!< Natural logarithm of what a sample leaves

// Cubic's growth: attributes C, Beta and CntClamp, and the fastest and slowest growth it allows.
constexpr double CUBIC_FACTOR = 0.4;                          //!< Segments per second cubed
constexpr double BETA = 0.7;                                  //!< What a loss leaves of the window
constexpr double LEAST_COST = 2;                              //!< Half as much again in a round
constexpr double GREATEST_COST = 20;                          //!< Before the first loss
constexpr double FRIENDLY_COST = (1 + BETA) / (1 - BETA) / 3; //!< In windows [RFC 9438, 4.3]
constexpr double GREATEST_COST_AFTER_LOSS = 100;              //!< In windows

} // namespace

FlowWindow::FlowWindow(const Sizes& sizes)
    : m_sizes(sizes),
      m_window(std::min(sizes.initial, sizes.largest))
{
}

double
FlowWindow::Get() const
{
    return m_window;
}

bool
FlowWindow::IsSlowStart() const
{
    return m_isSlowStart;
}

double
FlowWindow::GetAfter(double sent) const
{
    return std::min(m_sizes.largest, m_window + (m_isSlowStart ? sent : sent / GREATEST_COST));
}

void
FlowWindow::SetHandshake(double trip)
{
    m_trip = trip;
}

double
FlowWindow::Smooth(const Round& round, double samples) const
{
    // Samples grow evenly from the first to the last, by `step`. What follows a ramp with gain g
    // ends up behind it by (1 - g) / g steps, and forgets where it began by (1 - g) a sample.
    const double all = std::max(1.0, round.sent / m_sizes.segment / ACKNOWLEDGED);
    const double step = (round.last - round.first) / std::max(1.0, all - 1);
    const double count = std::min(samples, all);
    const double behind = step * (1 - GAIN) / GAIN;
    const double start = round.first - step - behind;
    return start + step * count + (m_trip - start) * std::exp(LOG_FORGETTING * count);
}

double
FlowWindow::Double(const Round& round)
{
    if (!m_isSlowStart)
    {
        return 0;
    }
    const double first = Smooth(round, FIRST_SAMPLE);
    const double least = std::min(first, Smooth(round, LAST_SAMPLE));
    const double begin = Smooth(round, 1);
    m_trip = Smooth(round, round.sent);
    m_leastTrip = std::min({m_leastTrip == 0 ? begin : m_leastTrip, begin, m_trip});
    const double segments = m_window / m_sizes.segment;
    const double threshold = std::clamp(m_leastTrip, LEAST_THRESHOLD, GREATEST_THRESHOLD);
    const double spacing = ACKNOWLEDGED * m_sizes.segment / round.share;
    // What the round before has sent is acknowledged at the rate of the narrowest link.
    const double train = m_window / 2 / round.share;
    if (segments >= LOW_WINDOW && spacing <= TRAIN_GAP && round.wait - train <= TRAIN_GAP)
    {
        m_isSlowStart = false;
        return 0;
    }
    if (segments >= SAMPLED_SEGMENTS && least > m_leastTrip + threshold)
    {
        m_isSlowStart = false;
        return std::min(round.sent, SAMPLED_SEGMENTS * m_sizes.segment);
    }
    return round.sent;
}

double
FlowWindow::GetCost(double now, double idleTrip) const
{
    const double time = now + idleTrip - m_start - m_plateau;
    const double target = m_origin + CUBIC_FACTOR * time * time * time * m_sizes.segment;
    const double greatest =
        m_lastMax == 0 ? GREATEST_COST : GREATEST_COST_AFTER_LOSS * m_window / m_sizes.segment;
    return target > m_window ? std::clamp(m_window / (target - m_window), LEAST_COST, greatest)
                             : greatest;
}

void
FlowWindow::Shrink(double now)
{
    // Fast convergence: who is losing ground leaves more of it to others.
    m_lastMax = m_window < m_lastMax ? m_window * (1 + BETA) / 2 : m_window;
    m_window = std::max(m_window * BETA, 2 * m_sizes.segment);
    m_isSlowStart = false;
    m_start = now;
    m_origin = std::max(m_lastMax, m_window);
    m_plateau = std::cbrt((m_origin - m_window) / m_sizes.segment / CUBIC_FACTOR);
    m_friendly = m_window;
}

double
FlowWindow::GetRetransmissionTimeout() const
{
    // The first sample's deviation is half of it.
    return m_trip + std::max(LEAST_DEVIATIONS, m_leastTrip == 0 ? 2 * m_trip : 0);
}

double
FlowWindow::GetTimeout() const
{
    return std::max(LEAST_TIMEOUT, 3 * m_trip);
}

uint32_t
FlowWindow::CountTimeouts(double trip) const
{
    if (m_leastTrip != 0)
    {
        return 0;
    }
    uint32_t count = 0;
    double timeout = GetTimeout();
    for (double end = timeout; end < trip; end += timeout)
    {
        timeout *= 2;
        ++count;
    }
    return count;
}

void
FlowWindow::TimeOut(uint32_t timeouts, double now)
{
    Shrink(now);
    if (timeouts > 1)
    {
        // The least threshold is two segments; one more is acknowledged before growth is slow.
        m_window = 3 * m_sizes.segment;
    }
}

void
FlowWindow::Grow(const Round& round, double now)
{
    const bool wasSlowStart = m_isSlowStart;
    const double doubled = Double(round);
    m_window += doubled;
    if (wasSlowStart && !m_isSlowStart)
    {
        m_start = now;
        m_origin = m_window;
    }
    if (!m_isSlowStart)
    {
        const double slow = round.sent - doubled;
        m_friendly += slow * m_sizes.segment / (FRIENDLY_COST * m_window);
        const double reno = m_lastMax == 0 ? 0 : m_friendly - m_window;
        m_window +=
            std::max(slow / GetCost(now, round.idleTrip), std::min(reno, slow / LEAST_COST));
    }
    m_window = std::min(m_window, m_sizes.largest);
}

} // namespace murmuration
} // namespace ns3
