/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_TCP_RECEIVER_H
#define MURMURATION_PACKET_TCP_RECEIVER_H

#include "packet-segment.h"
#include "packet-tcp-options.h"
#include "packet-ticks.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The receiving end of a TCP connection as Linux has it: what is acknowledged when, and how
 * large a window is announced.
 *
 * Every second full segment is acknowledged at once, and so are the first ones of a connection and
 * after a pause (quick acknowledgements), each one that lets the window grow, the end of what an
 * application wrote or of a buffer of several segments, and what fills a gap. Others wait for 40
 * ms. Of segments that arrive out of order, three are acknowledged at once, and the others after a
 * twentieth of a round-trip time (tcp_comp_sack_delay_ns), at most 1 ms.
 *
 * Whoever reads, reads at once: the window never closes. It grows with what arrives in a round-trip
 * time (tcp_rcv_space_adjust(), as since Linux 6.16).
 */
class PacketTcpReceiver
{
  public:
    /** The time of what does not happen. */
    static constexpr int64_t NEVER = INT64_MAX;

    /** @brief What a receiver acts upon. */
    class Wire
    {
      public:
        virtual ~Wire() = default;

        /** @return the time in ns */
        virtual int64_t GetNow() const = 0;

        /**
         * @brief Answer a SYN.
         * @param echo its time stamp
         * @param window bytes that there is room for
         */
        virtual void SendSynAck(int64_t echo, uint32_t window) = 0;

        /**
         * @brief Acknowledge.
         * @param number the next segment that is expected
         * @param echo the time stamp to echo
         * @param window bytes that there is room for
         * @param sack what has arrived beyond it
         */
        virtual void SendAck(uint32_t number,
                             int64_t echo,
                             uint32_t window,
                             const PacketSack& sack) = 0;

        /** Tell the sender that there is no such connection. */
        virtual void SendResetBack() = 0;
    };

    /** @brief A segment that has come. */
    struct Arrival
    {
        uint32_t number;   //!< Which
        uint32_t payload;  //!< Its bytes
        int64_t stamp;     //!< Its time stamp
        int64_t roundTrip; //!< Since the acknowledgement was sent whose time stamp it echoes, in ns
        bool isPushed;     //!< Whether it ends what an application wrote, or a buffer of several
        uint8_t marks{0};  //!< PacketSegment::Mark
    };

    /**
     * @brief Construct a receiver that waits for a SYN.
     * @param options numbers of TCP; must outlive the receiver
     * @param wire what it acts upon; must outlive the receiver
     * @param ticks the clock of the host
     */
    PacketTcpReceiver(const PacketTcpOptions& options,
                      Wire& wire,
                      const PacketTicks& ticks = PacketTicks());

    /**
     * @brief A SYN has come.
     * @param stamp its time stamp
     */
    void HandleSyn(int64_t stamp);

    /** The handshake is complete. */
    void HandleHandshakeAck();

    /**
     * @brief A segment has come.
     * @param arrival the segment
     */
    void HandleData(const Arrival& arrival);

    /** The sender has told that there is no such connection: forget it (tcp_reset()). */
    void HandleReset();

    /** The timer has expired. */
    void HandleTimer();

    /**
     * @brief Before when the receiver cannot have forgotten a connection that a sender may take for
     * open: it has answered a SYN often, and heard nothing.
     * @return a time, which holds until the next arrival; if it has forgotten it, one that is long
     * ago; NEVER if the handshake is complete
     */
    int64_t GetEarliestGiveUp() const;

    /** @return when the timer expires; NEVER if it does not run */
    int64_t GetDeadline() const;

    /** @return the next segment that is expected: all before it have arrived */
    uint32_t GetNext() const
    {
        return m_next;
    }

    /** @return bytes that have arrived, in order or not, each counted once */
    uint64_t GetReceivedBytes() const
    {
        return m_receivedBytes;
    }

    /** @return segments that have come twice */
    uint64_t GetNDuplicates() const
    {
        return m_nDuplicates;
    }

  private:
    /** States of the connection. */
    enum class State : uint8_t
    {
        LISTEN,  //!< No SYN has come
        OPENING, //!< A SYN was answered, and no more
        OPEN,    //!< That answer was acknowledged
        GONE,    //!< Nobody has acknowledged it, or a reset has come
    };

    /**
     * @brief Answer what belongs to no connection (tcp_v4_send_reset()).
     * @return true if that is so
     */
    bool Refuse();

    /**
     * @brief Take a segment that is not the next one.
     * @param number the segment, beyond the next one
     * @param payload its bytes
     * @return false if it was there already
     */
    bool KeepOutOfOrder(uint32_t number, uint32_t payload);

    /**
     * @brief Put a segment first among those that acknowledgements tell of.
     * @param number the segment
     */
    void TellFirst(uint32_t number);

    /** Take up what has arrived out of order, and is in order now. */
    void TakeInOrder();

    /**
     * @brief Learn the round-trip time: the least one at once, longer ones by an eighth
     * (tcp_rcv_rtt_update()).
     * @param arrival a segment that has come
     */
    void Measure(const Arrival& arrival);

    /** @return the retransmission timeout that one sample gives, which bounds delays */
    int64_t GetTimeout() const;

    /** Something has arrived in order: adapt delays (tcp_event_data_recv()). */
    void AdaptDelay();

    /** Acknowledge the next segments at once (tcp_incr_quickack()). */
    void BeQuick();

    /**
     * @brief See what ECN says of a segment (tcp_ecn_accept_cwr(), tcp_ecn_check_ce()).
     * @param marks of the segment
     * @return whether it is to be acknowledged at once
     */
    bool HandleMarks(uint8_t marks);

    /** Acknowledge now, or later (__tcp_ack_snd_check()).
     * @param isNow whether there is a reason to do so now
     */
    void Acknowledge(bool isNow);

    /**
     * @brief Send an acknowledgement.
     * @param duplicate a segment that has come twice; null if none has
     */
    void SendAck(const PacketSackBlock* duplicate = nullptr);

    /** A segment has come: let what is announced grow, as long as memory allows, and acknowledge at
     * once while it does (tcp_grow_window()). */
    void GrowLimit();

    /**
     * @brief Let memory grow with what an application has read in a round-trip time
     * (tcp_rcvbuf_grow()).
     * @param copied bytes, not less than in the round trip before
     */
    void GrowMemory(uint64_t copied);

    /** What has arrived in order was read: once a round trip, see whether memory is to grow
     * (tcp_rcv_space_adjust()). */
    void AdjustSpace();

    /** @return what the memory that is free allows to announce, in bytes (tcp_space()) */
    uint64_t GetFree() const;

    /** @return the window to announce */
    uint32_t ChooseWindow();

    const PacketTcpOptions& m_options; //!< Numbers of TCP
    Wire& m_wire;                      //!< What it acts upon
    PacketTicks m_ticks;               //!< The clock of the host

    uint32_t m_next{0};                      //!< The next segment that is expected
    uint32_t m_acked{0};                     //!< The same, at the last acknowledgement
    uint64_t m_receivedBytes{0};             //!< Arrived, in order or not
    uint64_t m_orderedBytes{0};              //!< Arrived in order
    uint64_t m_unackedBytes{0};              //!< Of these, not acknowledged
    uint64_t m_disorderedBytes{0};           //!< Arrived out of order
    uint64_t m_nDuplicates{0};               //!< Segments that have come twice
    std::vector<PacketSackBlock> m_blocks;   //!< What has arrived out of order, ascending
    std::array<PacketSackBlock, 4> m_told{}; //!< Blocks, the newest first
    uint8_t m_nTold{0};                      //!< How many there are
    uint8_t m_nDuplicateAcks{0};             //!< Acknowledgements of one number sent at once
    uint8_t m_nCompressed{0};                //!< Those that wait to be sent together
    bool m_isEchoing{false};                 //!< Whether acknowledgements tell of a mark
    State m_state{State::LISTEN};            //!< Of the connection
    uint32_t m_duplicateAckNumber{0};        //!< That number
    int64_t m_echo{0};                       //!< Time stamp to echo

    // Timers
    int64_t m_delayedAt{NEVER};    //!< When a delayed acknowledgement is sent
    int64_t m_compressedAt{NEVER}; //!< When a compressed acknowledgement is sent
    int64_t m_synAckAt{NEVER};     //!< When the answer to the SYN is repeated
    uint32_t m_nSynAcks{0};        //!< How often it was repeated
    int64_t m_synStamp{0};         //!< Time stamp of the SYN
    int64_t m_synAckSent{0};       //!< When the SYN was answered last
    int64_t m_roundTrip{0};        //!< Until that answer was acknowledged
    int64_t m_delay{0};            //!< Of a delayed acknowledgement; 0: no data has come
    int64_t m_lastData{0};         //!< When data came last
    uint32_t m_quick{0};           //!< Acknowledgements that are sent at once

    // The window, in bytes
    uint64_t m_windowLimit;   //!< Most that is announced, slowly grown
    uint64_t m_memory;        //!< For what has not been read (sk_rcvbuf)
    uint64_t m_windowEnd{0};  //!< What was announced, from the beginning of the stream
    uint64_t m_spaceBytes{0}; //!< Stream at the beginning of this round trip
    uint64_t m_space;         //!< What came in the round trip before
    int64_t m_spaceTime{0};   //!< When this round trip began
    int64_t m_dataTrip{0};    //!< From an acknowledgement to the data that it lets go; 0: not known
    int64_t m_lastEcho{-1};   //!< When the acknowledgement was sent that was measured last, in ns
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TCP_RECEIVER_H */
