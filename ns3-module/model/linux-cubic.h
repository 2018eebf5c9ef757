/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LINUX_CUBIC_H
#define MURMURATION_LINUX_CUBIC_H

#include "ns3/nstime.h"
#include "ns3/sequence-number.h"
#include "ns3/tcp-congestion-ops.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief CUBIC with HyStart as Linux has them (net/ipv4/tcp_cubic.c), the same over every version
 * of ns-3.
 *
 * It differs from ns-3's TcpCubic in what decides how long slow start lasts. HyStart looks at raw
 * round-trip times, not smoothed ones: slow start ends when the least of eight of a round is above
 * the least of all by an eighth of that, held to 4 to 16 ms (ns-3: by all of it, held to 4 ms to
 * 1 s), or when a train of acknowledgements has lasted for half of the least round-trip time. The
 * window does not grow while it is not used, and grows as fast as Reno's at least, which ns-3 has
 * from 3.40 on.
 *
 * Raw times and the use of the window are not in ns-3's TcpSocketState; LeanTcpSocket tells them.
 */
class LinuxCubic : public TcpCongestionOps
{
  public:
    /** What its socket knows when an acknowledgement has come. */
    struct Sample
    {
        Time rtt;             //!< Of the last segment that it tells of; 0 if it was sent twice
        SequenceNumber32 una; //!< The first byte that is not acknowledged
        bool isWindowUsed;    //!< Whether more would have been sent, had the window allowed it
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Tell of an acknowledgement, before the window grows by it.
     * @param sample what is known
     */
    void SetSample(const Sample& sample);

    /**
     * @brief Tell that a data segment was sent.
     * @param now the time
     */
    void SetLastSent(Time now);

    // Inherited from TcpCongestionOps
    std::string GetName() const override;
    uint32_t GetSsThresh(Ptr<const TcpSocketState> tcb, uint32_t bytesInFlight) override;
    void IncreaseWindow(Ptr<TcpSocketState> tcb, uint32_t segmentsAcked) override;
    void PktsAcked(Ptr<TcpSocketState> tcb, uint32_t segmentsAcked, const Time& rtt) override;
    void CongestionStateSet(Ptr<TcpSocketState> tcb,
                            const TcpSocketState::TcpCongState_t newState) override;
    void CwndEvent(Ptr<TcpSocketState> tcb, const TcpSocketState::TcpCAEvent_t event) override;
    Ptr<TcpCongestionOps> Fork() override;

  private:
    /**
     * @brief Begin a round of HyStart.
     * @param tcb the connection
     */
    void BeginRound(Ptr<const TcpSocketState> tcb);

    /**
     * @brief Look whether slow start is to end.
     * @param tcb the connection
     */
    void WatchSlowStart(Ptr<TcpSocketState> tcb);

    /**
     * @brief Work out for how many segments the window grows by one.
     * @param window the window, in segments
     * @param segmentsAcked how many were acknowledged
     * @return segments
     */
    double GetSegmentsPerStep(double window, uint32_t segmentsAcked);

    Sample m_sample{Time(0), SequenceNumber32(0), true}; //!< The latest
    Time m_lastSent;                                     //!< When data was sent last

    // The epoch
    bool m_hasEpoch{false};    //!< Whether there is one
    Time m_epochStart;         //!< When it began
    double m_k{0};             //!< When the function comes to its origin, in seconds
    double m_origin{0};        //!< Window at that time, in segments
    double m_lastMaxWindow{0}; //!< Window at the loss before; 0: none
    double m_renoWindow{0};    //!< What Reno's window would be
    double m_renoAcked{0};     //!< Segments acknowledged that it has not used
    double m_stepAcked{0};     //!< Segments acknowledged since the window has grown
    Time m_delayMin;           //!< Least round-trip time; 0: not known

    // HyStart
    bool m_hasRound{false};         //!< Whether a round has begun
    bool m_isFound{false};          //!< Whether slow start has ended
    Time m_roundStart;              //!< When the round began
    Time m_lastAck;                 //!< When the last acknowledgement of the train came
    Time m_roundRtt;                //!< Least round-trip time of the round
    uint32_t m_nSamples{0};         //!< Round-trip times of the round, up to 8
    SequenceNumber32 m_roundEnd{0}; //!< The round ends when this byte is acknowledged
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LINUX_CUBIC_H */
