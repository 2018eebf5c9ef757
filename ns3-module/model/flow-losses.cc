/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-losses.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowLosses");

namespace
{

constexpr uint32_t RETRIES = 15;        //!< net.ipv4.tcp_retries2
constexpr double LONGEST_TIMEOUT = 120; //!< Seconds: TCP_RTO_MAX
constexpr double DELAYED_ACK = 0.2;     //!< What a probe of a single segment waits for: TCP_RTO_MIN
constexpr uint64_t IN_ORDER = 3;        //!< So many arrive behind a lost one before it is known
constexpr double REORDERING = 0.25;     //!< Of a round-trip time, until it is known with fewer

/**
 * Send a segment again and again until it comes through: first a probe, then at timeouts, each
 * twice as long as the one before it.
 * @param losses draws whether it does
 * @param connection the connection
 * @param probe after how long the probe is sent, in seconds
 * @param loss where to put whether a timeout was needed, and whether none helped
 * @return seconds until it is sent for the last time
 */
double
Retry(SegmentLosses& losses, const FlowConnection& connection, double probe, FlowLoss& loss)
{
    double wait = probe;
    double timeout = connection.window.GetTimeout();
    for (uint32_t attempt = 0; losses.IsLost(connection.path->forth); ++attempt)
    {
        loss.isTimeout = true;
        if (attempt == RETRIES)
        {
            NS_LOG_LOGIC("connection " << connection.index << " gives up");
            loss.isGivenUp = true;
            break;
        }
        wait += timeout;
        timeout = std::min(2 * timeout, LONGEST_TIMEOUT);
    }
    return wait;
}

} // namespace

FlowLoss
LoseSegments(SegmentLosses& losses,
             const FlowConnection& connection,
             double segment,
             double repairs)
{
    FlowLoss loss;
    const FlowRound& round = connection.round;
    const double sends = std::min(connection.GetRoom(), round.remaining);
    // Rounding must not add a segment.
    const auto count = static_cast<uint64_t>(std::ceil(sends / segment - 1e-9));
    const std::vector<uint64_t>& lost = losses.Send(connection.path->forth, count);
    const uint64_t nLost = lost.size();
    if (nLost == 0)
    {
        return loss;
    }
    loss.intact = static_cast<double>(lost.front()) * segment;
    // Those at the very end are followed by none whose acknowledgement would tell.
    uint64_t tail = 0;
    while (tail < nLost && lost[nLost - 1 - tail] == count - 1 - tail)
    {
        ++tail;
    }
    const bool isEnd = round.remaining <= connection.GetRoom();
    const double trip = round.wait;
    // When the last acknowledgement comes, the segments of the tail are under way; one alone may be
    // acknowledged late. There are no probes while losses are repaired.
    const double timeout = connection.window.GetTimeout();
    const double probe =
        repairs + segment > sends
            ? timeout
            : std::min(2 * connection.window.GetTrip() + (tail == 1 ? DELAYED_ACK : 0), timeout);
    if (nLost == count && (count > 1 || !isEnd))
    {
        NS_LOG_LOGIC("connection " << connection.index << " loses a whole round");
        // Nothing comes back until a probe or a timeout; then the rest is sent again.
        loss.pause = Retry(losses, connection, probe, loss) + trip;
    }
    else if (nLost == tail && isEnd)
    {
        NS_LOG_LOGIC("connection " << connection.index << " loses the end of a message");
        // The message is complete when the probe is, which follows the last acknowledgement.
        const double wait = Retry(losses, connection, probe, loss);
        loss.late = wait + (nLost < count ? trip : 0) + (tail > 1 ? trip : 0);
        loss.pause = loss.isGivenUp ? wait : 0;
        loss.isShrinking = true;
    }
    else
    {
        loss.lost = std::min(static_cast<double>(nLost) * segment, sends);
        if (isEnd && count - lost.front() - nLost < IN_ORDER)
        {
            loss.late = REORDERING * trip;
        }
        // That the end is lost, too, is known when what is sent again is acknowledged.
        if (isEnd && tail > 0)
        {
            loss.late += trip;
        }
    }
    return loss;
}

} // namespace murmuration
} // namespace ns3
