/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-window.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowWindow");

namespace
{

// HyStart as Linux has it.
constexpr double LOW_WINDOW = 16;            //!< Below so many segments slow start goes on
constexpr double SAMPLES = 9;                //!< Eight round-trip times, and one that judges
constexpr double TRAIN_GAP = 0.002;          //!< A longer break ends a train
constexpr double LEAST_RISE = 0.004;         //!< Least added delay that counts
constexpr double GREATEST_RISE = 0.016;      //!< Greatest added delay that is asked for
constexpr double GREATEST_ALLOWANCE = 0.001; //!< For bursts that leave the sender as one
constexpr double ALLOWED_BYTES = 4 * 65536;  //!< Those take as long as four full buffers
constexpr double CLOSE = 1;  //!< Of the added delay that is asked for: a few segments decide
constexpr double PACING = 2; //!< Windows in a round-trip time, in slow start

constexpr double QUICK_ACKS = 16;  //!< So many segments are acknowledged one by one at first
constexpr double ACKNOWLEDGED = 2; //!< Segments for each acknowledgement after that

constexpr double LEAST_DEVIATIONS = 0.2; //!< In seconds: TCP_RTO_MIN
constexpr double GAIN = 0.125;           //!< Of a sample in the smoothed time [RFC 6298]
constexpr double DEVIATION_GAIN = 0.25;  //!< Of a sample in the deviation [RFC 6298]
// What several samples leave of the times before: powers cost twice as much as exponentials.
const double LOG_KEPT = std::log(1 - GAIN);
const double LOG_DEVIATION_KEPT = std::log(1 - DEVIATION_GAIN);
constexpr double IDLE_THRESHOLD = 0.75; //!< Of the window, which slow start may come to again

constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< No limit

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
      m_window(std::min(sizes.initial, sizes.largest)),
      m_threshold(INFINITE)
{
}

double
FlowWindow::Growth::GetAfter(double sent) const
{
    const double doubled = std::clamp(threshold - window, 0.0, sent);
    return std::min(largest, window + doubled + (sent - doubled) / GREATEST_COST);
}

bool
FlowWindow::TakeClose()
{
    return std::exchange(m_isClose, false);
}

void
FlowWindow::SetHandshake(double trip)
{
    m_trip = trip;
    m_deviation = trip / 2;
}

double
FlowWindow::GetUnseen() const
{
    return std::max(0.0, LOW_WINDOW * m_sizes.segment - m_window);
}

double
FlowWindow::FindDelay(const Round& round)
{
    const double unseen = GetUnseen();
    const double each = m_acknowledged < QUICK_ACKS * m_sizes.segment ? 1 : ACKNOWLEDGED;
    const double end = unseen + SAMPLES * each * m_sizes.segment;
    if (end > round.sent)
    {
        return INFINITE;
    }
    const double step = (round.last - round.first) / round.sent;
    const double least = round.first + step * (step > 0 ? unseen : end);
    const double rise = std::clamp(m_leastTrip / 8, LEAST_RISE, GREATEST_RISE);
    m_isClose = m_isClose || std::abs(least - m_leastTrip - rise) < CLOSE * rise;
    return least > m_leastTrip + rise ? end : INFINITE;
}

double
FlowWindow::FindTrain(const Round& round) const
{
    // Acknowledgements come at the rate of the narrowest link. A train is one from the beginning of
    // the round on. The first half of the segments are acknowledged one by one: each lets the
    // receiver's window grow by two, which doubles with what arrives in a round.
    const double gap = TRAIN_GAP * round.share;
    if (m_sizes.segment > gap || GetUnseen() > gap)
    {
        return INFINITE;
    }
    const bool isFirstHalf = ACKNOWLEDGED * m_sizes.segment > gap;
    const double all = std::max(round.sent, round.whole);
    const double longest = isFirstHalf ? all / 2 : all;
    const double pacing = PACING * m_window / std::max(m_trip, m_leastTrip);
    const double allowance = std::min(GREATEST_ALLOWANCE, ALLOWED_BYTES / pacing);
    const double end = std::max(GetUnseen(), round.share * (m_leastTrip + allowance) / 2);
    return end < longest ? end : INFINITE;
}

double
FlowWindow::Double(const Round& round)
{
    const double room = std::min(round.sent, m_threshold - m_window);
    if (m_isFound || room <= 0)
    {
        return std::max(0.0, room);
    }
    const double end = std::min(FindDelay(round), FindTrain(round));
    if (end >= room)
    {
        return room;
    }
    NS_LOG_LOGIC("slow start ends at a window of " << m_window + end << " bytes");
    m_isFound = true;
    m_threshold = m_window + end;
    return end;
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

double
FlowWindow::Whole(double bytes) const
{
    // Rounding must not take a segment.
    return std::floor(bytes / m_sizes.segment + 1e-9) * m_sizes.segment;
}

void
FlowWindow::Shrink(double now)
{
    NS_LOG_LOGIC("loss at a window of " << m_window << " bytes");
    m_largest = std::max(m_largest, m_window);
    // In slow start the send buffer grows before it is full.
    m_underwayAtLoss = IsSlowStart() ? -INFINITE : m_window;
    // Fast convergence: who is losing ground leaves more of it to others.
    m_lastMax = m_window < m_lastMax ? m_window * (1 + BETA) / 2 : m_window;
    m_window = std::max(Whole(BETA * Whole(m_window)), 2 * m_sizes.segment);
    m_threshold = m_window;
    m_isFound = true;
    m_start = now;
    m_origin = std::max(m_lastMax, m_window);
    m_plateau = std::cbrt((m_origin - m_window) / m_sizes.segment / CUBIC_FACTOR);
    m_friendly = m_window;
}

double
FlowWindow::GetTimeout() const
{
    return m_trip + std::max(LEAST_DEVIATIONS, 4 * m_deviation);
}

void
FlowWindow::TimeOut(double now)
{
    NS_LOG_LOGIC("timeout at a window of " << m_window << " bytes");
    Shrink(now);
    m_threshold = m_window;
    m_window = m_sizes.segment;
    m_isFound = false;
    m_lastMax = 0;
}

void
FlowWindow::Restart(double idle)
{
    const double timeout = GetTimeout();
    if (idle <= timeout)
    {
        return;
    }
    if (!IsSlowStart())
    {
        m_threshold = std::max(m_threshold, IDLE_THRESHOLD * m_window);
    }
    const double least = std::min(m_sizes.initial, m_window);
    for (double left = idle - timeout; left > 0 && m_window > least; left -= timeout)
    {
        m_window /= 2;
    }
    m_window = std::max(m_window, least);
    NS_LOG_LOGIC("window of " << m_window << " bytes after " << idle << " idle seconds");
    // An idle time is none in which the window would have grown.
    m_start += idle;
}

void
FlowWindow::Grow(const Round& round, double now)
{
    const double samples = std::max(1.0, round.sent / m_sizes.segment / ACKNOWLEDGED);
    m_leastTrip = m_leastTrip == 0 ? round.first : std::min(m_leastTrip, round.first);
    const bool wasSlowStart = IsSlowStart();
    // Linux lets a window grow that has been used by more than a half, and one out of slow start if
    // it has been used whole.
    const bool isUsed = round.underway > (wasSlowStart ? m_window / 2 : m_window - m_sizes.segment);
    const double doubled = isUsed ? Double(round) : 0;
    const double middle = (round.first + round.last) / 2;
    m_deviation +=
        (std::abs(middle - m_trip) - m_deviation) * (1 - std::exp(samples * LOG_DEVIATION_KEPT));
    m_trip += (middle - m_trip) * (1 - std::exp(samples * LOG_KEPT));
    m_acknowledged += round.sent;
    if (!isUsed)
    {
        return;
    }
    m_window += doubled;
    if (wasSlowStart && !IsSlowStart() && m_lastMax == 0)
    {
        m_start = now;
        m_origin = m_window;
        m_plateau = 0;
    }
    if (!IsSlowStart())
    {
        const double slow = round.sent - doubled;
        m_friendly += slow * m_sizes.segment / (FRIENDLY_COST * m_window);
        const double reno = m_lastMax == 0 ? 0 : Whole(m_friendly) - m_window;
        m_window +=
            std::max(slow / GetCost(now, round.idleTrip), std::min(reno, slow / LEAST_COST));
    }
    m_window = std::min(m_window, m_sizes.largest);
}

} // namespace murmuration
} // namespace ns3
