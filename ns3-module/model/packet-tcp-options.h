/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_TCP_OPTIONS_H
#define MURMURATION_PACKET_TCP_OPTIONS_H

#include "tcp-settings.h"

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Numbers of the TCP of PacketMessageTransport. Times in ns; the defaults are Linux's.
 */
struct PacketTcpOptions
{
    TcpSettings::CongestionControl congestionControl{
        TcpSettings::CongestionControl::CUBIC}; //!< Who sets the window
    uint32_t initialWindow{10};                 //!< In segments
    bool slowStartAfterIdle{true};              //!< Whether a window shrinks while idle
    bool ecn{false};                            //!< Whether queues may mark segments
    uint32_t segmentSize{1448};                 //!< Payload of a full segment
    uint32_t segmentHeaderSize{52};             //!< IPv4 20, TCP 20, timestamps 12
    uint32_t synSize{60};                //!< IPv4 20, TCP 20, MSS 4, SACK 2, timestamps 10, scale 4
    uint32_t sendBuffer{4 << 20};        //!< Memory that a send buffer grows to (tcp_wmem[2])
    uint32_t firstSendBuffer{16384};     //!< Memory that it begins with (tcp_wmem[1])
    uint32_t receiveBuffer{6291456};     //!< Memory that a receiver's window grows to (tcp_rmem[2])
    uint32_t firstReceiveBuffer{131072}; //!< Memory that it begins with (tcp_rmem[1])
    int64_t minRto{200'000'000};         //!< Least retransmission timeout
    int64_t maxRto{120'000'000'000};     //!< Greatest retransmission timeout
    int64_t firstRto{1'000'000'000};     //!< Before a round-trip time is known
    int64_t timerSlack{2'000'000};       //!< What probes and RACK wait longer (TCP_TIMEOUT_MIN_US)
    int64_t delayedAck{40'000'000};      //!< How long an acknowledgement waits for a second segment
    uint32_t quickAcks{16};    //!< Segments that are acknowledged at once when data begins
    uint32_t synLinear{4};     //!< Repeated SYNs before their timeouts double
    uint32_t synRetries{6};    //!< Repeated SYNs after these, before the attempt fails
    uint32_t synAckRetries{5}; //!< Repeated answers to a SYN
    uint32_t retries{15};      //!< Timeouts, at the least RTO, before a connection fails
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TCP_OPTIONS_H */
