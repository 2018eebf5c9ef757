/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_BBR_H
#define MURMURATION_PACKET_BBR_H

#include "packet-congestion.h"
#include "packet-policer.h"
#include "packet-running-maximum.h"

#include <array>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief BBR, version 1, as Linux has it (net/ipv4/tcp_bbr.c), integer arithmetic included.
 *
 * It measures the rate at which the path delivers, the greatest of ten round trips, and the least
 * round-trip time of ten seconds, paces segments at that rate and lets no more be under way than
 * the product of both asks for [Cardwell, 2017]. Losses move the window, but not the model.
 *
 * - STARTUP: the rate grows by 2.885 in a round trip until three of them have brought less than a
 *   quarter more;
 * - DRAIN: what has piled up in the queue leaves;
 * - PROBE_BW: eight phases of a round trip with 5/4, 3/4 and six times the rate itself, the first
 *   of which is drawn;
 * - PROBE_RTT: when the least round-trip time is ten seconds old, four segments for 200 ms.
 *
 * Where two intervals of losses had about the same rate, a policer is taken to be on the way, and
 * that rate is kept for 48 round trips. Times in us, rates in segments per us, times 2^24.
 *
 * - [Cardwell, 2017] N. Cardwell, Y. Cheng, C. S. Gunn, S. H. Yeganeh and V. Jacobson. BBR:
 *   congestion-based congestion control. Communications of the ACM 60 (2).
 */
class PacketBbr : public PacketCongestionControl
{
  public:
    /** States of the machine. */
    enum class Mode
    {
        STARTUP,
        DRAIN,
        PROBE_BW,
        PROBE_RTT,
    };

    void HandleOpen(PacketCongestionWindow& window, const Opening& opening) override;
    void HandleSample(PacketCongestionWindow& window, const Sample& sample) override;
    void Grow(PacketCongestionWindow& window, uint32_t acked, int64_t now) override;
    uint32_t GetThreshold(const PacketCongestionWindow& window) override;
    void HandleTimeout(int64_t now, uint32_t nxt) override;
    void HandleRestart(PacketCongestionWindow& window, const Restart& restart) override;
    uint32_t Undo(const PacketCongestionWindow& window, uint32_t prior) override;
    bool IsRateBased() const override;
    bool Control(PacketCongestionWindow& window,
                 PacketPhase phase,
                 const PacketRateSample& sample) override;
    double GetPacingRate() const override;

    /** @return the state */
    Mode GetMode() const
    {
        return m_mode;
    }

  private:
    /** @return the rate that was measured, in segments per us << 24 */
    uint64_t GetMaxRate() const;

    /** @return the same, or that of a policer */
    uint64_t GetRate() const;

    /**
     * @brief Take a sample of the rate (bbr_update_bw()).
     * @param sample the sample
     */
    void UpdateRate(const PacketRateSample& sample);

    /**
     * @brief Look for a policer.
     * @param sample the sample
     */
    void WatchPolicer(const PacketRateSample& sample);

    /**
     * @brief See how much more comes at once than the rate explains (bbr_update_ack_aggregation()).
     * @param window the window
     * @param sample the sample
     */
    void UpdateAggregation(const PacketCongestionWindow& window, const PacketRateSample& sample);

    /**
     * @brief Go through the phases of PROBE_BW (bbr_update_cycle_phase()).
     * @param sample the sample
     */
    void UpdateCycle(const PacketRateSample& sample);

    /** Go to the next phase. */
    void AdvanceCycle();

    /** Begin PROBE_BW, in a phase that is drawn. */
    void BeginProbing();

    /**
     * @brief See whether the path is full, and whether its queue has drained.
     * @param window its threshold may be set
     * @param sample the sample
     */
    void CheckFull(PacketCongestionWindow& window, const PacketRateSample& sample);

    /**
     * @brief Keep the least round-trip time, and measure it anew (bbr_update_min_rtt()).
     * @param window may be given back
     * @param sample the sample
     * @return whether what is under way says nothing of the path
     */
    bool UpdateLeastTrip(PacketCongestionWindow& window, const PacketRateSample& sample);

    /**
     * @brief Leave PROBE_RTT if it is time.
     * @param window is given back
     * @param now the time in us
     */
    void CheckTripDone(PacketCongestionWindow& window, int64_t now);

    /** Set the gains by the state (bbr_update_gains()). */
    void UpdateGains();

    /**
     * @brief Set the pacing rate (bbr_set_pacing_rate()).
     * @param rate in segments per us << 24
     * @param gain in 256ths
     */
    void SetPacingRate(uint64_t rate, uint32_t gain);

    /**
     * @brief Set the window (bbr_set_cwnd()).
     * @param window the window
     * @param phase of the sender
     * @param sample the sample
     */
    void SetWindow(PacketCongestionWindow& window,
                   PacketPhase phase,
                   const PacketRateSample& sample);

    /** @return the pacing rate of a rate: PacketBbrUnits::ToBytes()
     * @param rate in segments per us << 24
     * @param gain in 256ths */
    uint64_t ToBytes(uint64_t rate, uint32_t gain) const;

    /** @return segments that leave together */
    uint32_t GetBurst() const;

    /** @return the product of rate and round-trip time, in segments
     * @param rate in segments per us << 24
     * @param gain in 256ths */
    uint32_t GetProduct(uint64_t rate, uint32_t gain) const;

    /** @return a window with room for what hosts and acknowledgements hold back
     * @param window in segments */
    uint32_t Quantize(uint32_t window) const;

    /** @return segments under way when the next one may leave
     * @param inFlight those of now
     * @param sample the sample */
    uint32_t GetInNetwork(uint32_t inFlight, const PacketRateSample& sample) const;

    /** @return a drawn number
     * @param below which it is */
    uint32_t Draw(uint32_t below);

    // The model
    PacketRunningMaximum m_maxRate; //!< Of the last ten round trips
    PacketPolicer m_policer;        //!< Whether one limits the rate
    int64_t m_leastTrip{-1};        //!< Least round-trip time, in us; -1: not known
    int64_t m_leastTripTime{0};     //!< When it was measured
    uint32_t m_nRounds{0};          //!< Round trips so far
    uint32_t m_nextRound{0};        //!< Another one begins when so many are delivered
    bool m_isRoundStart{false};     //!< One has begun just now
    uint64_t m_fullRate{0};         //!< When the rate has grown by a quarter last
    uint32_t m_fullCount{0};        //!< Round trips since
    bool m_isFull{false};           //!< The path is

    // The state
    Mode m_mode{Mode::STARTUP};             //!< Of the machine
    PacketPhase m_phase{PacketPhase::OPEN}; //!< Of the sender, before
    uint32_t m_segmentSize{1448};           //!< Payload of a segment
    uint64_t m_draws{0};                    //!< What is drawn from
    uint32_t m_pacingGain{0};               //!< In 256ths
    uint32_t m_windowGain{0};               //!< In 256ths
    uint64_t m_pacingRate{0};               //!< In bytes per second
    bool m_hasSeenTrip{false};              //!< The first rate came from a round-trip time
    uint32_t m_cycle{0};                    //!< Phase of PROBE_BW
    int64_t m_cycleTime{0};                 //!< When it began
    int64_t m_deliveredTime{0};             //!< When something was delivered last
    uint32_t m_totalDelivered{0};           //!< Segments delivered so far
    uint32_t m_totalLost{0};                //!< Segments found lost so far
    uint32_t m_priorWindow{0};              //!< To be given back
    bool m_conserves{false};                //!< Sends what has arrived, and no more
    bool m_isRestarting{false};             //!< Nothing was under way
    int64_t m_tripDone{0};                  //!< When PROBE_RTT may end; 0: not known
    bool m_isTripRoundDone{false};          //!< It has taken a round trip

    // Aggregation of acknowledgements
    int64_t m_epochTime{0};                 //!< When the epoch began
    uint32_t m_epochAcked{0};               //!< Segments acknowledged in it
    std::array<uint32_t, 2> m_extraAcked{}; //!< More than the rate explains, in two windows
    uint32_t m_extraRounds{0};              //!< Round trips of the present one
    uint32_t m_extraIndex{0};               //!< Which that is
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_BBR_H */
