/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_PACKET_TCP_SENDER_H
#define MURMURATION_PACKET_TCP_SENDER_H

#include "packet-congestion.h"
#include "packet-round-trip.h"
#include "packet-scoreboard.h"
#include "packet-segment.h"
#include "packet-tcp-options.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @brief The sending end of a TCP connection as Linux has it (kernel 6.x): what is sent when, and
 * what is taken for lost.
 *
 * Where standards and Linux differ, this is Linux:
 * - Losses are found by RACK [RFC 8985], with a reordering window of a quarter of the least
 *   round-trip time that grows with duplicates seen; three duplicates count only until reordering
 *   has been seen (tcp_recovery.c).
 * - A tail loss probe is sent after two round trips, and not instead of, but before a timeout.
 * - The window falls by proportional rate reduction [RFC 6937]; tcp_cwnd_reduction() with its bound
 *   by slow start only while no new loss is found.
 * - A timeout takes for lost what was sent more than a round trip ago, and not all (tcp_input.c,
 *   tcp_timeout_mark_lost()); F-RTO [RFC 5682] and timestamps [RFC 3522] undo what was spurious.
 * - The window grows only while it is used (tcp_is_cwnd_limited()), and restarts after an idle time
 *   by a half for each timeout (tcp_cwnd_restart()), not to the initial window at once [RFC 5681].
 * - Each segment is a buffer of its own: what Linux defers to fill a larger buffer of the network
 *   layer (tcp_tso_should_defer()) is sent at once. Timers are exact, not rounded to jiffies.
 *
 * Segments are numbered from 0; a number keeps its bytes.
 */
class PacketTcpSender
{
  public:
    /** The time of what does not happen. */
    static constexpr int64_t NEVER = INT64_MAX;

    /** @brief What a sender acts upon. */
    class Wire
    {
      public:
        virtual ~Wire() = default;

        /** @return the time in ns */
        virtual int64_t GetNow() const = 0;

        /** Send a SYN. */
        virtual void SendSyn() = 0;

        /** Acknowledge the answer to it. */
        virtual void SendHandshakeAck() = 0;

        /**
         * @brief Send a segment.
         * @param number the segment
         * @param payload its bytes
         * @param charge memory that is free again when it has left the host; 0: not counted
         */
        virtual void SendSegment(uint32_t number, uint32_t payload, uint32_t charge) = 0;

        /**
         * @brief A segment is sent for the first time.
         * @param number the segment
         * @param end bytes of the stream up to and with its last one
         */
        virtual void HandleFirstSending(uint32_t number, uint64_t end) = 0;

        /**
         * @brief The connection has failed.
         * @param reason one clause that says why
         */
        virtual void Fail(const std::string& reason) = 0;
    };

    /** States of the connection. */
    enum class State : uint8_t
    {
        CLOSED,
        SYN_SENT,
        ESTABLISHED,
        FAILED,
    };

    /** States of congestion control, as Linux calls them; their order matters. */
    enum class Phase : uint8_t
    {
        OPEN,     //!< Nothing is dubious
        DISORDER, //!< Something has arrived out of order
        CWR,      //!< The window falls, and nothing is sent again
        RECOVERY, //!< The window falls, and what was lost is sent again
        LOSS,     //!< A timeout has expired
    };

    /** What has happened to a sender. */
    struct Counts
    {
        uint64_t segments{0};        //!< Segments sent, again included
        uint64_t retransmissions{0}; //!< Of these, sent again
        uint64_t timeouts{0};        //!< Retransmission timeouts
        uint64_t probes{0};          //!< Tail loss probes
        uint64_t undone{0};          //!< Reductions of the window that were taken back

        /**
         * @brief Add those of another sender.
         * @param other the other
         * @return all together
         */
        Counts& operator+=(const Counts& other)
        {
            segments += other.segments;
            retransmissions += other.retransmissions;
            timeouts += other.timeouts;
            probes += other.probes;
            undone += other.undone;
            return *this;
        }
    };

    /** An acknowledgement. */
    struct Ack
    {
        uint32_t number;        //!< The next segment that the receiver expects
        uint32_t window;        //!< Bytes that it has room for
        int64_t echo;           //!< The time stamp that it echoes
        const PacketSack* sack; //!< SACK option; null if there is none
    };

    /**
     * @brief Construct a sender that is not connected.
     * @param options numbers of TCP; must outlive the sender
     * @param wire what it acts upon; must outlive the sender
     * @param isHeldAtHost whether its segments wait in a queue at the host
     */
    PacketTcpSender(const PacketTcpOptions& options, Wire& wire, bool isHeldAtHost);

    /** Open the connection. */
    void Connect();

    /**
     * @brief Append bytes to the stream.
     * @param bytes how many
     */
    void Write(uint64_t bytes);

    /**
     * @brief The SYN was answered.
     * @param echo the time stamp that the answer echoes
     * @param window bytes that the receiver has room for
     */
    void HandleSynAck(int64_t echo, uint32_t window);

    /**
     * @brief An acknowledgement has come.
     * @param ack the acknowledgement
     */
    void HandleAck(const Ack& ack);

    /** The timer has expired. */
    void HandleTimer();

    /**
     * @brief Segments have left the host.
     * @param charge memory that is free again
     */
    void HandleDeparture(uint32_t charge);

    /** Do nothing any more. */
    void Close();

    /** @return when the timer expires; NEVER if it does not run */
    int64_t GetDeadline() const
    {
        return m_deadline;
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

    /** @return whether a timeout has expired, and nothing was acknowledged since */
    bool IsBackingOff() const
    {
        return m_timeouts > 0;
    }

  private:
    typedef PacketScoreboard::Sent Sent;

    /** What the timer is for. */
    enum class Timer : uint8_t
    {
        NONE,
        RETRANSMIT, //!< Retransmission timeout
        PROBE,      //!< Tail loss probe
        REORDER,    //!< RACK's reordering window
    };

    /** What an acknowledgement says, as bits. */
    enum Flag : uint32_t
    {
        ADVANCED = 1,         //!< It acknowledges something new
        DATA_SACKED = 2,      //!< It tells of something new that arrived out of order
        RETRANS_ACKED = 4,    //!< It acknowledges something that was sent again
        ORIGINAL_ACKED = 8,   //!< It tells of something sent before the phase, and only once
        DUPLICATE = 16,       //!< It tells of a duplicate
        PROBE_DUPLICATE = 32, //!< That is the tail loss probe
        LOST_RETRANS = 64,    //!< Something that was sent again is lost again
        SET_TIMER = 128,      //!< The timer begins anew
    };

    /** What is gathered while an acknowledgement is worked in. */
    struct Progress
    {
        uint32_t flags{0};              //!< Flag
        uint32_t delivered{0};          //!< Segments that it tells to have arrived
        uint32_t lost{0};               //!< Segments that were found lost
        uint32_t priorSackedEnd{0};     //!< Behind the highest that had arrived out of order
        uint32_t priorFirst{0};         //!< The first segment that was not acknowledged before
        uint32_t reordered{UINT32_MAX}; //!< The least segment that has arrived out of order
        int64_t firstSacked{0}; //!< When the first segment that is told of was sent; 0: none
        int64_t lastSacked{0};  //!< The same of the last one
        bool sendNew{false};    //!< F-RTO: send something new, and nothing again
        bool resend{false};     //!< Send again what is lost
    };

    // packet-tcp-sender.cc: sending, and timers

    /** Send what the windows allow. */
    void Push();

    /**
     * @brief Send the next segments of the stream.
     * @param most how many at most
     * @return how many were sent
     */
    uint32_t SendNew(uint32_t most);

    /**
     * @brief Send a segment again.
     * @param number the segment
     * @param isProbe whether as a tail loss probe, which is not counted as under way
     */
    void SendAgain(uint32_t number, bool isProbe = false);

    /** Send again what is lost, as far as the window allows. */
    void SendLost();

    /** @return how many segments a buffer of the network layer holds (tcp_tso_autosize()) */
    uint32_t GetBufferSegments() const;

    /**
     * @brief Memory that segments take in the queue of the host.
     * @param segments how many there are in a buffer
     * @return bytes, with the kernel's own (skb->truesize)
     */
    uint32_t GetCharge(uint32_t segments) const;

    /**
     * @brief Whether TCP small queues hold the connection back (tcp_small_queue_check()).
     * @param isAgain whether it would send something again, for which twice as much may wait
     * @return true if they do
     */
    bool IsHeldBack(bool isAgain);

    /** Anything was sent: note it, and tell congestion control if nothing was under way. */
    void NoteSending();

    /** @return whether the receiver and the send buffer allow the next segment */
    bool HasRoom() const;

    /** Reckon what Linux would pace with, as others go by it (tcp_update_pacing_rate()). */
    void UpdatePacingRate();

    /** Shrink the window if nothing was sent for a timeout (tcp_slow_start_after_idle_check()). */
    void RestartAfterIdle();

    /**
     * @brief See whether the window is used (tcp_cwnd_validate()).
     * @param isLimited whether it has held something back
     */
    void ValidateWindow(bool isLimited);

    /** @return whether the window may grow (tcp_is_cwnd_limited()) */
    bool IsWindowUsed() const;

    /**
     * @brief Start the timer.
     * @param timer what for
     * @param delay how long from now
     */
    void SetTimer(Timer timer, int64_t delay);

    /** Start the retransmission timer anew, or stop it (tcp_rearm_rto()). */
    void RestartTimer();

    /**
     * @brief Start the timer of a tail loss probe, if one can help (tcp_schedule_loss_probe()).
     * @param isAdvancing whether the retransmission timer would begin anew as well
     * @return false if not
     */
    bool ScheduleProbe(bool isAdvancing);

    /** The retransmission timer has expired. */
    void HandleTimeout();

    /** The timer of a SYN has expired. */
    void HandleSynTimeout();

    /** The timer of a tail loss probe has expired. */
    void SendProbe();

    /** RACK's timer has expired. */
    void HandleReorderTimeout();

    /** @return how long a connection may go without an answer (tcp_model_timeout()) */
    int64_t GetGiveUpTime() const;

    // packet-tcp-acks.cc: what an acknowledgement tells

    /**
     * @brief Work in the SACK option (tcp_sacktag_write_queue()).
     * @param ack the acknowledgement
     * @param progress is added to
     */
    void TagSacked(const Ack& ack, Progress& progress);

    /**
     * @brief A segment has arrived out of order (tcp_sacktag_one()).
     * @param number the segment
     * @param progress is added to
     */
    void TagOne(uint32_t number, Progress& progress);

    /**
     * @brief A duplicate has arrived.
     * @param block the segments that arrived twice
     * @param progress is added to
     */
    void CountDuplicates(const PacketSackBlock& block, Progress& progress);

    /**
     * @brief Take out what is acknowledged, and measure (tcp_clean_rtx_queue()).
     * @param ack the acknowledgement
     * @param progress is added to
     */
    void TakeAcked(const Ack& ack, Progress& progress);

    /**
     * @brief Take samples of the round-trip time.
     * @param first time since the first acknowledged segment was sent; negative: not known
     * @param last the same of the last one
     * @param progress what is known of the acknowledgement
     */
    void Measure(int64_t first, int64_t last, const Progress& progress);

    /**
     * @brief Note that segments have come out of order (tcp_check_sack_reordering()).
     * @param low the least of them
     * @param end behind the highest one that had arrived before it
     */
    void NoteReordering(uint32_t low, uint32_t end);

    /**
     * @brief Look what has become of a tail loss probe (tcp_process_tlp_ack()).
     * @param ack the acknowledgement
     * @param flags what it says
     */
    void CheckProbe(const Ack& ack, uint32_t flags);

    /** Widen or narrow RACK's reordering window by duplicates seen (tcp_rack_update_reo_wnd()). */
    void UpdateReorderWindow();

    /** @return behind the highest segment that has arrived out of order (tcp_highest_sack_seq()) */
    uint32_t GetSackedEnd() const;

    /**
     * @brief Let the window grow or fall (tcp_cong_control()).
     * @param progress what the acknowledgement says
     */
    void ControlWindow(const Progress& progress);

    // packet-tcp-recovery.cc: what is lost, and what then

    /**
     * @brief Note when a segment that has arrived was sent (tcp_rack_advance()).
     * @param number the segment
     * @param sent what is known of it
     */
    void AdvanceRack(uint32_t number, const Sent& sent);

    /** @return RACK's reordering window in ns (tcp_rack_reo_wnd()) */
    int64_t GetReorderWindow() const;

    /**
     * @brief Find what is lost (tcp_rack_detect_loss()).
     * @return how long until more may be; 0: not so
     */
    int64_t FindLost();

    /**
     * @brief Find what is lost, if something new is known (tcp_identify_packet_loss()).
     * @param progress its flags are added to
     */
    void IdentifyLoss(Progress& progress);

    /**
     * @brief Take a segment for lost (tcp_mark_skb_lost()).
     * @param number the segment
     */
    void MarkLost(uint32_t number);

    /**
     * @brief The state machine (tcp_fastretrans_alert()).
     * @param progress what the acknowledgement says
     */
    void HandleDubious(Progress& progress);

    /**
     * @brief An acknowledgement comes after a timeout (tcp_process_loss()).
     * @param progress what it says
     */
    void HandleAckInLoss(Progress& progress);

    /** @return whether an acknowledgement is dubious (tcp_ack_is_dubious())
     *  @param progress what it says
     */
    bool IsDubious(const Progress& progress) const;

    /** @return whether something that is in the scoreboard was sent again */
    bool IsAnythingResent() const;

    /** Go back to OPEN or DISORDER, as it is (tcp_try_keep_open()). */
    void KeepOpen();

    /** Begin to send again what is lost (tcp_enter_recovery()). */
    void EnterRecovery();

    /** A timeout has expired (tcp_enter_loss()). */
    void EnterLoss();

    /** The window begins to fall (tcp_init_cwnd_reduction()). */
    void BeginReduction();

    /**
     * @brief Let it fall (tcp_cwnd_reduction()).
     * @param delivered segments that have arrived
     * @param lost segments that were found lost
     * @param isAdvancing whether something new was acknowledged
     */
    void Reduce(uint32_t delivered, uint32_t lost, bool isAdvancing);

    /** The window has fallen (tcp_end_cwnd_reduction()). */
    void EndReduction();

    /** @return whether the window is falling */
    bool IsReducing() const
    {
        return m_phase == Phase::CWR || m_phase == Phase::RECOVERY;
    }

    /** @return the threshold that an undo gives back (tcp_current_ssthresh()) */
    uint32_t GetCurrentThreshold() const;

    /** Remember what an undo needs (tcp_init_undo()). */
    void InitUndo();

    /** @return whether what arrived was sent before anything was sent again */
    bool IsDelayed() const;

    /** @return whether all that was sent again was not lost (tcp_may_undo()) */
    bool MayUndo() const;

    /**
     * @brief Take a reduction of the window back (tcp_undo_cwnd_reduction()).
     * @param unmark whether nothing is taken for lost any more
     */
    void Undo(bool unmark);

    /** @return whether duplicates have taken a reduction back (tcp_try_undo_dsack()) */
    bool TryUndoByDuplicates();

    /**
     * @brief Change the state of congestion control.
     * @param phase the state
     */
    void SetPhase(Phase phase);

    const PacketTcpOptions& m_options;                     //!< Numbers of TCP
    Wire& m_wire;                                          //!< What it acts upon
    std::unique_ptr<PacketCongestionControl> m_congestion; //!< Who sets the window
    PacketScoreboard m_board;                              //!< What is under way
    PacketRoundTrip m_rtt;                                 //!< Round-trip times
    PacketCongestionWindow m_window;                       //!< The congestion window
    Counts m_counts;                                       //!< What has happened

    // The stream
    uint64_t m_writtenBytes{0}; //!< Bytes that are to be sent
    uint64_t m_sentBytes{0};    //!< Bytes that have been sent
    uint64_t m_ackedBytes{0};   //!< Bytes that have been acknowledged
    uint64_t m_allowedBytes{0}; //!< Bytes that the receiver allows, from the beginning

    // The timer
    int64_t m_deadline{NEVER};     //!< When it expires
    int64_t m_rto;                 //!< Retransmission timeout, with backoff
    uint32_t m_timeouts{0};        //!< Timeouts since something was acknowledged
    Timer m_timer{Timer::NONE};    //!< What it is for
    State m_state{State::CLOSED};  //!< Of the connection
    Phase m_phase{Phase::OPEN};    //!< Of congestion control
    bool m_isHeldAtHost;           //!< Whether TCP small queues apply
    bool m_isWindowLimited{false}; //!< Whether the window has held something back of late
    int64_t m_synTime{0};          //!< When the first SYN was sent

    // Use of the window
    int64_t m_lastSent{0};      //!< When data was sent last
    int64_t m_usedTime{0};      //!< When the window was used last
    uint32_t m_usedMost{0};     //!< Most under way since then
    uint32_t m_mostInFlight{0}; //!< Most under way in this round
    uint32_t m_useEnd{0};       //!< The round ends when this segment is acknowledged
    double m_pacingRate{0};     //!< Linux's sk_pacing_rate, in bytes per second
    uint64_t m_charge{0};       //!< Memory of what has not left the host
    bool m_isThrottled{false};  //!< Whether that has held something back

    // Reduction of the window, and its undoing
    uint32_t m_highEnd{0};        //!< The phase ends when this segment is acknowledged
    uint32_t m_priorWindow{0};    //!< Window before
    uint32_t m_priorThreshold{0}; //!< Threshold that an undo gives back; 0: none
    uint32_t m_prrDelivered{0};   //!< Segments that have arrived meanwhile
    uint32_t m_prrSent{0};        //!< Segments that were sent meanwhile
    uint32_t m_undoMark{0};       //!< First segment of what can be undone
    int32_t m_undoRetrans{0};     //!< Segments sent again that no duplicate was told of
    bool m_canUndo{false};        //!< Whether there is something to undo
    int64_t m_echo{0};            //!< Time stamp that the latest acknowledgement echoes
    uint32_t m_totalLost{0};      //!< Segments that were ever found lost
    bool m_isFrto{false};         //!< Whether F-RTO looks whether a timeout was spurious
    int64_t m_resentTime{0};      //!< When something was sent again first; 0: nothing was
    uint32_t m_lostHint{0};       //!< No segment before this one is lost and not sent again

    // RACK
    int64_t m_rackTime{0};          //!< When the last segment was sent of those that arrived
    int64_t m_rackRtt{0};           //!< Its round-trip time
    uint32_t m_rackNumber{0};       //!< Which it is
    uint32_t m_sackedEnd{0};        //!< Behind the highest segment that arrived out of order
    uint32_t m_reordering{3};       //!< Duplicates that do not mean a loss
    uint32_t m_windowSteps{1};      //!< Of the reordering window
    uint32_t m_windowRounds{0};     //!< Recoveries until it is small again
    uint32_t m_duplicateEnd{0};     //!< Duplicates count again when this segment is acknowledged
    bool m_isReorderingSeen{false}; //!< Whether segments have come out of order
    bool m_isDuplicateSeen{false};  //!< Whether one has come twice for that reason
    bool m_isRackAdvanced{false};   //!< Whether something new is known

    // Tail loss probe
    uint32_t m_probeEnd{0};                        //!< What was sent before the probe ends here
    bool m_isProbing{false};                       //!< Whether a probe is under way
    bool m_isProbeResent{false};                   //!< Whether that was sent before
    std::array<PacketSackBlock, 3> m_knownSacks{}; //!< Blocks of the acknowledgement before
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TCP_SENDER_H */
