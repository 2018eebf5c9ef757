/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "tcp-loss-limit.h"

#include "ns3/abort.h"

#include <cmath>
#include <limits>

namespace ns3
{
namespace murmuration
{

double
LossWindow(double roundTrip, double loss)
{
    NS_ABORT_MSG_IF(!(roundTrip > 0),
                    "LossWindow: wrong round-trip time, got " << roundTrip
                                                              << " s, allowed above 0");
    NS_ABORT_MSG_IF(!(loss > 0 && loss < 1),
                    "LossWindow: wrong loss, got " << loss << ", allowed 0 < loss < 1");
    constexpr double LEAST_WINDOW = 2.5;
    return std::hypot(1.19 * std::pow(roundTrip / loss, 0.75), LEAST_WINDOW);
}

double
LossRateLimit(double segmentBytes, double roundTrip, double loss)
{
    return loss == 0 ? std::numeric_limits<double>::infinity()
                     : segmentBytes * LossWindow(roundTrip, loss) / roundTrip;
}

} // namespace murmuration
} // namespace ns3
