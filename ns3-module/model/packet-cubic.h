/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_CUBIC_H
#define MURMURATION_PACKET_CUBIC_H

#include "packet-congestion.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief CUBIC with HyStart as Linux has them (net/ipv4/tcp_cubic.c), integer arithmetic included.
 *
 * Where this differs from RFC 9438 it is Linux: the window of the epoch is reckoned in whole
 * segments, the Reno-friendly window with the factor of RFC 8312, a window grows by one for two
 * acknowledged segments at most, and slow start ends by HyStart as of 2008 (delays and trains of
 * acknowledgements), not by HyStart++ [RFC 9406].
 *
 * Time is counted in jiffies where Linux does so, of 4 ms (CONFIG_HZ=250).
 */
class PacketCubic : public PacketCongestionControl
{
  public:
    void HandleOpen(PacketCongestionWindow& window, const Opening& opening) override;
    void HandleSample(PacketCongestionWindow& window, const Sample& sample) override;
    void Grow(PacketCongestionWindow& window, uint32_t acked, int64_t now) override;
    uint32_t GetThreshold(const PacketCongestionWindow& window) override;
    void HandleTimeout(int64_t now, uint32_t nxt) override;
    void HandleRestart(PacketCongestionWindow& window, const Restart& restart) override;

  private:
    /**
     * @brief Begin a round of HyStart.
     * @param now the time
     * @param nxt the round ends when this segment is acknowledged
     */
    void BeginRound(int64_t now, uint32_t nxt);

    /**
     * @brief Look whether slow start is to end.
     * @param window the window; its threshold may be set
     * @param sample what was measured
     */
    void WatchSlowStart(PacketCongestionWindow& window, const Sample& sample);

    /**
     * @brief Work out for how many segments the window grows by one.
     * @param size the window
     * @param acked segments acknowledged
     * @param now the time
     */
    void Update(uint32_t size, uint32_t acked, int64_t now);

    /**
     * @brief Begin an epoch: the window grows from here along the cubic function.
     * @param size the window
     * @param acked segments acknowledged
     * @param jiffies the time
     */
    void BeginEpoch(uint32_t size, uint32_t acked, int64_t jiffies);

    /**
     * @brief The cubic function.
     * @param jiffies the time
     * @return the window that it gives, in segments
     */
    uint32_t GetTarget(int64_t jiffies) const;

    // The epoch
    int64_t m_epochStart{0};     //!< When it began, in jiffies; 0: none
    int64_t m_lastTime{0};       //!< When the function was reckoned last, in jiffies
    int64_t m_delayMin{0};       //!< Least round-trip time, in ns; 0: not known
    uint64_t m_k{0};             //!< When the function comes to its origin, in s / 1024
    uint32_t m_origin{0};        //!< Window at that time
    uint32_t m_every{0};         //!< Segments for which the window grows by one
    uint32_t m_lastMaxWindow{0}; //!< Window at the loss before; 0: none
    uint32_t m_lastWindow{0};    //!< Window when the function was reckoned last
    uint32_t m_ackCount{0};      //!< Segments acknowledged that the Reno window has not used
    uint32_t m_renoWindow{0};    //!< What Reno's window would be

    // HyStart
    int64_t m_roundStart{0}; //!< When the round began
    int64_t m_lastAck{0};    //!< When the last acknowledgement of the train came
    int64_t m_roundRtt{0};   //!< Least round-trip time of the round
    uint32_t m_roundEnd{0};  //!< The round ends when this segment is acknowledged
    uint32_t m_nSamples{0};  //!< Round-trip times of the round, up to 8
    bool m_isFound{false};   //!< Whether slow start has ended
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_CUBIC_H */
