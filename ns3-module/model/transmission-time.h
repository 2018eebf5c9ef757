/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TRANSMISSION_TIME_H
#define MURMURATION_TRANSMISSION_TIME_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"

#include <cmath>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief How long a transmitter is busy with some bytes: 8 bytes / rate, to the nearest ns.
 *
 * In double, because 8e9 times a size overflows 64 bits from 2.3 GB on, and because
 * DataRate::CalculateBytesTxTime() divides in 128 bits, which costs more than the rest of a
 * packet's way through a device.
 *
 * @param bytes how many bytes
 * @param rate the rate of the link, above 0
 * @return the time
 */
inline Time
TransmissionTime(uint64_t bytes, const DataRate& rate)
{
    const double bits = 8.0 * static_cast<double>(bytes);
    return NanoSeconds(std::llround(bits * 1e9 / static_cast<double>(rate.GetBitRate())));
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TRANSMISSION_TIME_H */
