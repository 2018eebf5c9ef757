/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "link-queue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{
namespace murmuration
{

namespace
{

/** A queue that holds less would never hold anything. */
constexpr double FULL_PACKET_BYTES = 1500;

} // namespace

bool
LinkQueue::operator==(const LinkQueue& other) const
{
    return place == other.place && discipline == other.discipline && unit == other.unit &&
           size == other.size && target == other.target && interval == other.interval;
}

QueueSize
LinkQueue::GetMaxSize(DataRate rate) const
{
    constexpr auto MOST = static_cast<double>(std::numeric_limits<uint32_t>::max());
    const auto amount = static_cast<double>(size);
    if (unit == Unit::PACKETS)
    {
        return {QueueSizeUnit::PACKETS, static_cast<uint32_t>(std::min(amount, MOST))};
    }
    const double bytes = unit == Unit::BYTES
                             ? amount
                             : std::floor(static_cast<double>(rate.GetBitRate()) * amount / 8e9);
    return {QueueSizeUnit::BYTES,
            static_cast<uint32_t>(std::clamp(bytes, FULL_PACKET_BYTES, MOST))};
}

std::string
LinkQueue::FindFault() const
{
    if (size == 0)
    {
        return "a size of 0, allowed above 0";
    }
    if (!target.IsStrictlyPositive() || !interval.IsStrictlyPositive())
    {
        return "a target or an interval of 0, allowed above 0";
    }
    if (target >= interval)
    {
        return "a target that is not below the interval";
    }
    return "";
}

} // namespace murmuration
} // namespace ns3
