/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_LOSSES_H
#define MURMURATION_FLOW_LOSSES_H

#include "flow-connection.h"
#include "segment-losses.h"

#include <limits>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * What becomes of a round of a connection some segments of which are lost by chance.
 */
struct FlowLoss
{
    double intact{std::numeric_limits<double>::infinity()}; //!< Bytes before the first lost one
    double lost{0};          //!< Bytes that are sent again in the next round
    double late{0};          //!< How much later the message is complete, in seconds
    double pause{0};         //!< How long nothing is sent, in seconds; then all is sent again
    bool isTimeout{false};   //!< A timeout ends the pause
    bool isShrinking{false}; //!< The window shrinks at the end of the round
    bool isGivenUp{false};   //!< The connection is given up, after `pause`
};

/**
 * @ingroup murmuration
 * @brief Lose segments of a round that begins, and repair them as Linux does: those that others
 * follow a round-trip time later [RFC 8985], those at the end of a message by a tail-loss probe,
 * and what the probe does not repair by timeouts [RFC 6298].
 * @param losses draws which segments
 * @param connection the connection; the wait of its round is set
 * @param segment bytes of a full segment
 * @param repairs bytes of the round that are sent again
 * @return what becomes of the round
 */
FlowLoss LoseSegments(SegmentLosses& losses,
                      const FlowConnection& connection,
                      double segment,
                      double repairs);

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_LOSSES_H */
