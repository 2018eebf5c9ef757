/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TCP_SETTINGS_H
#define MURMURATION_TCP_SETTINGS_H

#include "ns3/nstime.h"

#include <cstdint>
#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What an experiment may set of TCP, whatever network carries it. The defaults are Linux's.
 */
struct TcpSettings
{
    /** Who sets the window. */
    enum class CongestionControl
    {
        CUBIC,    //!< [RFC 9438]
        NEW_RENO, //!< [RFC 6582]
        BBR,      //!< Version 1
    };

    CongestionControl congestionControl{CongestionControl::CUBIC}; //!< Who sets the window
    uint32_t initialWindow{10};     //!< In segments, above 0 [RFC 6928]
    Time minRto{MilliSeconds(200)}; //!< Least retransmission timeout, above 0
    bool slowStartAfterIdle{true};  //!< Whether a window shrinks while nothing is sent for an RTO
    bool ecn{false}; //!< Whether queues that drop early may mark instead [RFC 3168] (tcp_ecn)

    /**
     * @brief Compare all that there is.
     * @param other the other
     * @return whether both are the same
     */
    bool operator==(const TcpSettings& other) const
    {
        return congestionControl == other.congestionControl &&
               initialWindow == other.initialWindow && minRto == other.minRto &&
               slowStartAfterIdle == other.slowStartAfterIdle && ecn == other.ecn;
    }
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TCP_SETTINGS_H */
