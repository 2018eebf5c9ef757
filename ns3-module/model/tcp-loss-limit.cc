/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "tcp-loss-limit.h"

#include "ns3/abort.h"
#include "ns3/boolean.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{
namespace murmuration
{

namespace
{

/** @return whether this ns-3's CUBIC, as it is set now, never falls behind AIMD */
bool
IsAimdFriendly()
{
    TypeId cubic;
    TypeId::AttributeInformation friendliness;
    return TypeId::LookupByNameFailSafe("ns3::TcpCubic", &cubic) &&
           cubic.LookupAttributeByName("TcpFriendliness", &friendliness) &&
           DynamicCast<const BooleanValue>(friendliness.initialValue)->Get();
}

} // namespace

double
LossWindow(double roundTrip, double loss)
{
    NS_ABORT_MSG_IF(!(roundTrip > 0),
                    "LossWindow: wrong round-trip time, got " << roundTrip
                                                              << " s, allowed above 0");
    NS_ABORT_MSG_IF(!(loss > 0 && loss < 1),
                    "LossWindow: wrong loss, got " << loss << ", allowed 0 < loss < 1");
    constexpr double LEAST_WINDOW = 2.5;
    const double aimd = IsAimdFriendly() ? std::sqrt(1.5 / loss) : 0;
    return std::hypot(std::max(1.19 * std::pow(roundTrip / loss, 0.75), aimd), LEAST_WINDOW);
}

double
LossRateLimit(double segmentBytes, double roundTrip, double loss)
{
    return loss == 0 ? std::numeric_limits<double>::infinity()
                     : segmentBytes * LossWindow(roundTrip, loss) / roundTrip;
}

} // namespace murmuration
} // namespace ns3
