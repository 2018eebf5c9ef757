/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_TCP_SENDER_H
#define MURMURATION_PACKET_TCP_SENDER_H

#include "packet-sender-state.h"

#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
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
 *   layer (tcp_tso_should_defer()) is sent at once.
 * - Timers expire when Linux's timer wheel lets them, which is up to an eighth late (PacketTicks).
 *
 * Segments are numbered from 0; a number keeps its bytes.
 */
class PacketTcpSender : public PacketSenderState
{
  public:
    /**
     * @brief Construct a sender that is not connected.
     * @param options numbers of TCP; must outlive the sender
     * @param wire what it acts upon; must outlive the sender
     * @param isHeldAtHost whether its segments wait in a queue at the host
     * @param ticks the clock of the host
     */
    PacketTcpSender(const PacketTcpOptions& options,
                    Wire& wire,
                    bool isHeldAtHost,
                    const PacketTicks& ticks = PacketTicks());

    /** Open the connection. */
    void Connect();

    /**
     * @brief Append bytes to the stream.
     * @param bytes how many
     */
    void Write(uint64_t bytes);

    /**
     * @brief Take bytes back from the end of the stream.
     * @param bytes how many, none of which has been sent
     */
    void Withdraw(uint64_t bytes);

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

    /** The receiver has told that there is no such connection: it fails (tcp_reset()). */
    void HandleReset();

    /** The timer has expired. */
    void HandleTimer();

    /**
     * @brief Segments have left the host.
     * @param segments how many
     */
    void HandleDeparture(uint32_t segments);

    /** Do nothing any more. */
    void Close();

    /**
     * @brief Before when the connection cannot fail, whatever happens to it.
     * @return a time; what has been said holds for good
     */
    int64_t GetEarliestFailure() const;

  private:
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
        ECHOED = 256,         //!< It tells that a queue has marked something
        WIDENED = 512,        //!< It allows more than was allowed before
    };

    /** What is gathered while an acknowledgement is worked in. */
    struct Progress
    {
        uint32_t flags{0};              //!< Flag
        uint32_t delivered{0};          //!< Segments that it tells to have arrived
        uint32_t priorInFlight{0};      //!< Segments under way before
        int64_t rtt{-1};                //!< Round-trip time of the last one told of; -1: not known
        bool isDelayed{false};          //!< It may have waited for a second segment
        uint32_t lost{0};               //!< Segments that were found lost
        uint32_t priorSackedEnd{0};     //!< Behind the highest that had arrived out of order
        uint32_t priorFirst{0};         //!< The first segment that was not acknowledged before
        uint32_t reordered{UINT32_MAX}; //!< The least segment that has arrived out of order
        int64_t firstSacked{0}; //!< When the first segment that is told of was sent; 0: none
        int64_t lastSacked{0};  //!< The same of the last one
        bool sendNew{false};    //!< F-RTO: send something new, and nothing again
        bool resend{false};     //!< Send again what is lost
    };

    // packet-tcp-sender.cc: sending

    /** The application writes what there is room for, and all is sent that may be
     * (tcp_sendmsg_locked()). */
    void Fill();

    /** If the application waits for room in the send buffer, see whether there is some
     * (tcp_check_space()). */
    void CheckSpace();

    /**
     * @brief Send what the windows allow.
     * @param most pieces of what was written, at most
     */
    void Push(uint32_t most = UINT32_MAX);

    /**
     * @brief Send the next segments of the stream.
     * @param most how many at most
     * @param buffer segments that go to the network layer together, at most
     * @return how many were sent
     */
    uint32_t SendNew(uint32_t most, uint32_t buffer);

    /** @return what ECN says of a new segment (tcp_ecn_send()); none is said of those sent again */
    uint8_t GetMarks();

    /**
     * @brief Send a segment again.
     * @param number the segment
     * @param isProbe whether as a tail loss probe, which is not counted as under way
     */
    void SendAgain(uint32_t number, bool isProbe = false);

    /** Send again what is lost, as far as the window allows. */
    void SendLost();

    /** Anything was sent: note it, and tell congestion control if nothing was under way. */
    void NoteSending();

    /** @return whether the receiver allows the next segment */
    bool HasRoom() const;

    /** Reckon the rate that small queues go by. */
    void UpdateRate();

    /** Something that was held back may leave: send it. */
    void Resume();

    /**
     * @brief Whether what is to be sent has to wait (tcp_pacing_check()); the timer is set if so.
     * @return true if it has
     */
    bool IsPaced();

    /**
     * @brief A buffer has been sent: the next one leaves later (tcp_update_skb_after_send()).
     * @param bytes payload of it
     */
    void Pace(uint32_t bytes);

    /** Mark what is under way if there is not enough to send (tcp_rate_check_app_limited()). */
    void NoteLimited();

    /**
     * @brief Have the rate decide about the window (tcp_rate_gen(), cong_control()).
     * @param progress what the acknowledgement says
     */
    void ControlByRate(const Progress& progress);

    /** Shrink the window if nothing was sent for a timeout (tcp_slow_start_after_idle_check()). */
    void RestartAfterIdle();

    /**
     * @brief See whether the window is used (tcp_cwnd_validate()).
     * @param isLimited whether it has held something back
     */
    void ValidateWindow(bool isLimited);

    // packet-tcp-timers.cc: timers

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
     * @param progress what is known of the acknowledgement; gets the last sample
     */
    void Measure(int64_t first, int64_t last, Progress& progress);

    /**
     * @brief Look what has become of a tail loss probe (tcp_process_tlp_ack()).
     * @param ack the acknowledgement
     * @param flags what it says
     */
    void CheckProbe(const Ack& ack, uint32_t flags);

    /**
     * @brief An acknowledgement comes while nothing is under way: it may tell of duplicates.
     * @param ack the acknowledgement
     * @param progress what it says
     */
    void HandleAckOfNothing(const Ack& ack, Progress& progress);

    /** @return behind the highest segment that has arrived out of order (tcp_highest_sack_seq()) */
    uint32_t GetSackedEnd() const;

    /**
     * @brief Let the window grow or fall (tcp_cong_control()).
     * @param progress what the acknowledgement says
     */
    void ControlWindow(const Progress& progress);

    // packet-tcp-recovery.cc: what is lost, and what then

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

    /**
     * @brief Begin to send again what is lost (tcp_enter_recovery()).
     * @param isEchoed whether a mark is told of as well, which nothing undoes
     */
    void EnterRecovery(bool isEchoed);

    /** Let the window fall for a mark (tcp_enter_cwr()). */
    void ReduceForMark();

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
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_TCP_SENDER_H */
