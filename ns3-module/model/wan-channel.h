/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_WAN_CHANNEL_H
#define MURMURATION_WAN_CHANNEL_H

#include "core-channel.h"
#include "wan-underlay.h"

#include <queue>
#include <unordered_map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The core of a wide-area network: takes each packet from the uplink of one device to the
 * downlink of the one that has the packet's IPv4 destination, after the latency between the two.
 *
 * The core has no limit of its own and no router; a packet costs one event and one hash lookup,
 * whatever the number of devices. Packets of one pair of nodes keep their order.
 */
class WanChannel : public CoreChannel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    WanChannel();
    ~WanChannel() override;

    /**
     * @brief Set rates and latencies. Must be called before the first device is attached.
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<WanUnderlay> underlay);

    Ptr<Underlay> GetUnderlay() const override;
    uint32_t GetUplink(uint32_t node) const override;
    uint32_t GetDownlink(uint32_t node) const override;

  protected:
    void DoDispose() override;

  private:
    void DoCarry(uint32_t from, uint32_t to, Ptr<Packet> packet, Time delay) override;

    /** A packet that has left its uplink and not reached its downlink. */
    struct Flight
    {
        Time arrival;       //!< When it does
        Ptr<Packet> packet; //!< The packet
    };

    /** Packets of one ordered pair of nodes, which arrive in the order in which they have left. */
    typedef std::queue<Flight> UnderWay;

    /**
     * @brief Schedule the arrival of the first of the packets of a pair.
     * @param to the receiving node
     * @param line the packets
     */
    void ScheduleFirst(uint32_t to, UnderWay& line);

    /**
     * @brief The first of the packets of a pair arrives.
     * @param to the receiving node
     * @param line the packets
     */
    void ArriveFirst(uint32_t to, UnderWay* line);

    Ptr<WanUnderlay> m_underlay; //!< Rates and latencies
    /** By NodePairKey(). Only the first of each has an event: the simulator's queue stays small,
     * and with it what an event costs, however many packets are under way. */
    std::unordered_map<uint64_t, UnderWay> m_underWay;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_CHANNEL_H */
