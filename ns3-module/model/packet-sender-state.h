/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_SENDER_STATE_H
#define MURMURATION_PACKET_SENDER_STATE_H

#include "packet-congestion.h"
#include "packet-delivery-rate.h"
#include "packet-rack.h"
#include "packet-rate-reduction.h"
#include "packet-round-trip.h"
#include "packet-scoreboard.h"
#include "packet-send-buffer.h"
#include "packet-sender-wire.h"
#include "packet-small-queue.h"
#include "packet-tcp-options.h"
#include "packet-ticks.h"
#include "packet-window-use.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What the sending end of a TCP connection knows: its stream, what is under way, its window,
 * its timer, and what it would need to take a reduction back. PacketTcpSender acts upon it.
 */
class PacketSenderState
{
  public:
    /** The time of what does not happen. */
    static constexpr int64_t NEVER = INT64_MAX;

    typedef PacketSenderWire Wire;     //!< What a sender acts upon
    typedef PacketAck Ack;             //!< What it gets
    typedef PacketSenderCounts Counts; //!< What has happened to it

    /** States of the connection. */
    enum class State : uint8_t
    {
        CLOSED,
        SYN_SENT,
        ESTABLISHED,
        FAILED,
    };

    typedef PacketPhase Phase; //!< States of congestion control

    /** @return when the timer expires or what is paced may leave; NEVER if nothing is awaited */
    int64_t GetDeadline() const
    {
        return std::min(m_deadline, m_pacedUntil);
    }

    /** @return the state of the connection */
    State GetState() const
    {
        return m_state;
    }

    /** @return the state of congestion control */
    Phase GetPhase() const
    {
        return m_phase;
    }

    /** @return the congestion window */
    const PacketCongestionWindow& GetWindow() const
    {
        return m_window;
    }

    /** @return what is under way */
    const PacketScoreboard& GetScoreboard() const
    {
        return m_board;
    }

    /** @return what was written and is not acknowledged */
    const PacketSendBuffer& GetSendBuffer() const
    {
        return m_buffer;
    }

    /** @return what finds losses */
    const PacketRack& GetRack() const
    {
        return m_rack;
    }

    /** @return round-trip times */
    const PacketRoundTrip& GetRoundTrip() const
    {
        return m_rtt;
    }

    /** @return what has happened */
    const Counts& GetCounts() const
    {
        return m_counts;
    }

    /** @return bytes of the stream that have been sent at least once */
    uint64_t GetSentBytes() const
    {
        return m_sentBytes;
    }

    /** @return bytes of the stream that the receiver has allowed, from its beginning */
    uint64_t GetAllowedBytes() const
    {
        return m_allowedBytes;
    }

  protected:
    typedef PacketScoreboard::Sent Sent;

    /** What the timer is for. */
    enum class Timer : uint8_t
    {
        NONE,
        RETRANSMIT, //!< Retransmission timeout
        PROBE,      //!< Tail loss probe
        REORDER,    //!< RACK's reordering window
    };

    /**
     * @brief Construct the state of a sender that is not connected.
     * @param options numbers of TCP; must outlive the sender
     * @param wire what it acts upon; must outlive the sender
     * @param isHeldAtHost whether its segments wait in a queue at the host
     * @param ticks the clock of the host
     */
    PacketSenderState(const PacketTcpOptions& options,
                      Wire& wire,
                      bool isHeldAtHost,
                      const PacketTicks& ticks)
        : m_options(options),
          m_wire(wire),
          m_ticks(ticks),
          m_congestion(PacketCongestionControl::Create(options.congestionControl)),
          m_queue(options.segmentSize, isHeldAtHost),
          m_buffer(options.segmentSize, options.firstSendBuffer, options.sendBuffer),
          m_rto(options.firstRto)
    {
        if (m_congestion->IsRateBased())
        {
            m_rate = std::make_unique<PacketDeliveryRate>();
        }
        m_window.size = options.initialWindow;
    }

    /**
     * @brief The time stamp of a time: whole ms (TCP_TS_HZ).
     * @param time in ns
     * @return in ns
     */
    static int64_t ToStamp(int64_t time)
    {
        return time - time % PacketSegment::CLOCK_UNIT;
    }

    /** @return whether the window is falling */
    bool IsReducing() const
    {
        return m_phase == Phase::CWR || m_phase == Phase::RECOVERY;
    }

    const PacketTcpOptions& m_options;                     //!< Numbers of TCP
    Wire& m_wire;                                          //!< What it acts upon
    PacketTicks m_ticks;                                   //!< The clock of the host
    std::unique_ptr<PacketCongestionControl> m_congestion; //!< Who sets the window
    PacketScoreboard m_board;                              //!< What is under way
    PacketRoundTrip m_rtt;                                 //!< Round-trip times
    PacketRack m_rack;                                     //!< What is lost
    PacketSmallQueue m_queue;                              //!< What has not left the host
    PacketSendBuffer m_buffer;                  //!< What was written and is not acknowledged
    PacketWindowUse m_use;                      //!< Whether the window is used
    PacketRateReduction m_reduction;            //!< How the window falls
    PacketCongestionWindow m_window;            //!< The congestion window
    std::unique_ptr<PacketDeliveryRate> m_rate; //!< Null if nobody asks for rates
    Counts m_counts;                            //!< What has happened

    // The stream
    uint64_t m_offeredBytes{0};  //!< Bytes that the application wants to be sent
    uint64_t m_writtenBytes{0};  //!< Of these, bytes that have found room in the send buffer
    uint64_t m_pushedBytes{0};   //!< What was written when all of it was to be sent last
    uint64_t m_largestWindow{0}; //!< The largest window that the receiver has announced
    bool m_isBlocked{false};     //!< Whether the application waits for room
    uint64_t m_sentBytes{0};     //!< Bytes that have been sent
    uint64_t m_ackedBytes{0};    //!< Bytes that have been acknowledged
    uint64_t m_allowedBytes{0};  //!< Bytes that the receiver allows, from the beginning

    // The timer
    int64_t m_deadline{NEVER};    //!< When it expires
    int64_t m_rto;                //!< Retransmission timeout, with backoff
    uint32_t m_timeouts{0};       //!< Timeouts since something was acknowledged
    Timer m_timer{Timer::NONE};   //!< What it is for
    State m_state{State::CLOSED}; //!< Of the connection
    Phase m_phase{Phase::OPEN};   //!< Of congestion control
    int64_t m_lastSent{0};        //!< When data was sent last

    // Pacing
    int64_t m_departure{0};      //!< When the next segment may leave
    int64_t m_pacedUntil{NEVER}; //!< The same, while one waits for that

    // Reduction of the window, and its undoing
    uint32_t m_highEnd{0};        //!< The phase ends when this segment is acknowledged
    uint32_t m_priorThreshold{0}; //!< Threshold that an undo gives back; 0: none
    uint32_t m_undoMark{0};       //!< First segment of what can be undone
    int32_t m_undoRetrans{0};     //!< Segments sent again that no duplicate was told of
    bool m_tellsReduced{false};   //!< The next new segment tells that the window was reduced
    bool m_canUndo{false};        //!< Whether there is something to undo
    int64_t m_echo{0};            //!< Time stamp that the latest acknowledgement echoes
    uint32_t m_totalLost{0};      //!< Segments that were ever found lost
    uint64_t m_nDuplicates{0};    //!< Segments that were told to have arrived twice
    bool m_isFrto{false};         //!< Whether F-RTO looks whether a timeout was spurious
    int64_t m_resentTime{0};      //!< When something was sent again first; 0: nothing was
    int64_t m_nextTimeout{0};     //!< After a timeout: when the next one is, but for what is heard
    uint32_t m_lostHint{0};       //!< No segment before this one is lost and not sent again

    // Tail loss probe
    uint32_t m_sackedEnd{0};                       //!< Behind the highest segment out of order
    uint32_t m_probeEnd{0};                        //!< What was sent before the probe ends here
    bool m_isProbing{false};                       //!< Whether a probe is under way
    bool m_isProbeResent{false};                   //!< Whether that was sent before
    std::array<PacketSackBlock, 3> m_knownSacks{}; //!< Blocks of the acknowledgement before
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_SENDER_STATE_H */
