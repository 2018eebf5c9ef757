/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_MESSAGE_TRANSPORT_H
#define MURMURATION_FLOW_MESSAGE_TRANSPORT_H

#include "burst-queues.h"
#include "event-pool.h"
#include "flow-connection.h"
#include "flow-delivery.h"
#include "flow-doubts.h"
#include "flow-handshakes.h"
#include "flow-links.h"
#include "flow-path.h"
#include "flow-queues.h"
#include "flow-window.h"
#include "fluid-network.h"
#include "message-transport.h"
#include "segment-losses.h"
#include "underlay.h"

#include "ns3/event-id.h"
#include "ns3/event-impl.h"

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Messages as fluid: no packets, but the times that TCP would need.
 *
 * A message is so many bytes on the wire, headers included, that flow over the links of its path at
 * the max-min fair rate (MaxMinSolver). What makes TCP slower than its fair share is modeled on
 * each connection, one per ordered pair of nodes, that is dropped as idle when others are opened
 * and it has sent nothing for IdleTimeout:
 *
 * - It is set up by the first message, which waits for one round-trip time: SYN and its answer go
 *   from link to link and wait in the queues there.
 * - It sends in rounds. As long as more is left than its congestion window W (FlowWindow) holds,
 *   its rate is at most W over the time to the first acknowledgement of the round; what is left
 *   within the window goes out as fast as the path allows. Windows are kept between messages,
 *   unless nothing is sent for a timeout.
 *   Where the round-trip time is longer than DelAckTimeout, the acknowledgement of the first odd
 *   segment comes that much later, and with it what it lets go, in every round of slow start.
 * - What a window holds and the path has not yet carried waits in the queue of the narrowest link.
 *   Acknowledgements wait in the queues of the links that lead back, behind the messages there.
 * - Queues serve first come, first served, and so share a link by what each connection has under
 *   way: shares are weighted by W over the round-trip time, queues included. Where they serve
 *   their connections in turn instead (queues at the host and FqCoDel's, by the underlay), shares
 *   are equal, and nobody waits behind what others have under way.
 * - Acknowledgements take their part of the capacity of the links that lead back.
 * - The last byte arrives after the latency of the path, and after the last segment has been
 *   transmitted once more on each link but the slowest.
 * - Bursts that one node sends at the same instant leave its queue one after the other, where the
 *   fluid has them all end together: then, and where one burst is all of a message, the last byte
 *   is followed through the queues (BurstQueues). The fluid goes on, so that work is conserved.
 * - What the first segment of a burst has waited behind others, link by link, ends slow start as
 *   HyStart would, and its next burst leaves as much later.
 * - Where more waits than a queue holds, segments are lost: a part of the window is sent again
 *   later, and the window shrinks, as it does by FqCoDel (FlowCoDel). Whether that takes a timeout
 *   is drawn: GetDoubts() counts the messages that may meet one.
 * - Which segments of a round are lost by chance is drawn (SegmentLosses). They are sent again in
 *   the next one, and the window shrinks, once for all that was sent before a loss was known; those
 *   at the end of a message wait for a tail-loss probe or a timeout, as does a window that is lost
 *   whole, and a handshake is repeated. Jitter is drawn per message, and does not change the order.
 *
 * Messages of one connection are sent one after the other.
 */
class FlowMessageTransport : public MessageTransport
{
  public:
    /** In which order the uplinks of nodes serve what waits, unless the underlay says so. */
    enum QueueDiscipline
    {
        FIFO, //!< First come, first served: drop-tail
        FAIR  //!< A segment of each connection in turn: FqCoDel
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    FlowMessageTransport();
    ~FlowMessageTransport() override;

    /**
     * @brief Set what the messages travel over. Must be called once, before the first Send().
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<Underlay> underlay);

    void SetTcpSettings(const TcpSettings& settings) override;
    uint64_t GetWireSize(uint64_t sizeBytes) const override;
    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;

    /** @return how many connections there are */
    std::size_t GetNConnections() const;

    DoubtsByReason GetDoubts() const override;

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;
    void DoAbort(uint64_t id, uint32_t from, uint32_t to) override;

  private:
    /** A round that has begun. */
    struct Beginning
    {
        double start{-1};  //!< When, in seconds
        uint64_t order{0}; //!< Among all rounds
    };

    /**
     * @brief The connection between two nodes; makes it if there is none.
     * @param from the sending node
     * @param to the receiving node
     * @return its index
     */
    uint32_t FindConnection(uint32_t from, uint32_t to);

    /** Drop what was idle for long, if that was not looked at lately. */
    void DropIdle();

    /**
     * @brief Read the way of a message, unless it is known as it is now.
     * @param connection the connection
     * @param message the message
     */
    void ReadPath(FlowConnection& connection, const Message& message) const;

    /**
     * @brief Send the SYN of a connection.
     * @param index the connection
     */
    void BeginHandshake(uint32_t index);

    /**
     * @brief Go on after an attempt to set up a connection.
     * @param index the connection
     * @param outcome of the attempt
     */
    void HandleHandshake(uint32_t index, FlowHandshakes::Outcome outcome);

    /**
     * @brief Lose segments of a round that begins by chance.
     * @param connection the connection
     * @param repairs bytes of the round that are sent again
     */
    void Lose(FlowConnection& connection, double repairs);

    /**
     * @brief Have a connection send what it has sent once more.
     * @param index the connection
     * @param id the message that was being sent when the pause began
     */
    void Resume(uint32_t index, uint64_t id);

    /**
     * @brief End the flow of the message that a connection is sending.
     * @param index the connection
     */
    void StopSending(uint32_t index);

    /**
     * @brief Whether a connection is sending a message.
     * @param connection the connection
     * @param id the message
     * @return false if it has been sent, or taken back
     */
    static bool IsSending(const FlowConnection& connection, uint64_t id);

    /**
     * @brief Give up a connection: what it has not sent fails.
     * @param index the connection
     * @param reason in words
     */
    void GiveUp(uint32_t index, const char* reason);

    /**
     * @brief Start to send the first message that waits.
     * @param index the connection
     */
    void StartMessage(uint32_t index);

    /**
     * @brief The last byte of the first message has been sent.
     * @param index the connection
     * @param now the time in seconds
     */
    void FinishMessage(uint32_t index, double now);

    /**
     * @brief The last byte of a message has come through the queues.
     * @param index the connection
     * @param id the message
     */
    void HandleFollowed(uint32_t index, uint64_t id);

    /**
     * @brief Tell when the first byte of a message arrives, once: its first segment has waited in
     * queues as the first of its burst, and been transmitted link by link. To be called when its
     * first round ends, or when its last byte is there, if that is earlier.
     * @param connection the connection; it is in the first round of the message
     * @param passage the message
     * @param now the time in seconds
     */
    void TellFirstByte(const FlowConnection& connection, FlowPassage& passage, double now);

    /**
     * @brief The first segment of a flight has arrived: its acknowledgement meets what waits on the
     * way back.
     * @param index the connection
     * @param watch a number of its round
     */
    void HandleHead(uint32_t index, uint32_t watch);

    /** Begin the rounds of the connections in m_beginning, all at this instant. */
    void BeginRounds();

    /**
     * @brief Limit a connection by its window, or not at all in its last round.
     * @param connection the connection
     */
    void LimitRound(FlowConnection& connection);

    /** Limit the rounds anew that the connections in m_rearmed are in: their links have changed. */
    void RearmRounds();

    /**
     * @brief Have RearmRounds() look at a connection.
     * @param index the connection
     */
    void Rearm(uint32_t index);

    /**
     * @brief Read the way of a connection anew if a link of it has changed since.
     * @param connection the connection; a message is being sent
     */
    void RefreshPath(FlowConnection& connection);

    /**
     * @brief Whether a round may stand for many, as its window changes nothing beside others'.
     * @param connection the connection; its wait is set
     * @param window what it may send, in bytes
     * @return true if it may
     */
    bool IsInCrowd(const FlowConnection& connection, double window) const;

    /**
     * @brief Whether very many flows have the link on their way before which a connection waits.
     * @param connection the connection; its wait is set
     * @return true if they have
     */
    bool IsBesideVeryMany(const FlowConnection& connection) const;

    /**
     * @brief Limit a connection to what its round may send in the time that acknowledgements take.
     * @param connection the connection
     * @param queues delays of all queues on its way, in seconds
     * @param now the time in seconds
     */
    void LimitRate(FlowConnection& connection, double queues, double now);

    /**
     * @brief What queues add to the round-trip times of a round.
     * @param connection the connection; its wait and round-trip times are set
     * @param now the time in seconds
     * @return delays of all queues together, and of its own, in seconds
     */
    std::pair<double, double> Wait(FlowConnection& connection, double now);

    /**
     * @brief Send the burst of a round through the queues, and follow its end if it is the last.
     * @param connection the connection
     */
    void SendBurst(FlowConnection& connection);

    /**
     * @brief How fast acknowledgements let a flight go that is not the first of its message.
     * @param connection the connection
     * @return bytes per second
     */
    double GetFlightRate(const FlowConnection& connection) const;

    /**
     * @brief Whether others begin a round behind a connection, at the same instant and node.
     * @param connection the connection
     * @return true if others do
     */
    bool IsAheadOfOthers(const FlowConnection& connection) const;

    /**
     * @brief What a round cannot send because an acknowledgement waits for a second segment.
     * @param round the round; its wait is set
     * @return bytes
     */
    double GetHeldBack(const FlowRound& round) const;

    /**
     * @brief Have the next round of a connection begin when this one has sent its window.
     * @param connection the connection; the rates of this instant are known
     */
    void ScheduleNextRound(FlowConnection& connection);

    /**
     * @brief Let the window of a connection grow by what its round has sent.
     * @param connection the connection
     * @param now the time in seconds
     */
    void EndRound(FlowConnection& connection, double now);

    /**
     * @brief Let a window grow by what acknowledgements tell: now, or, where a message ends and the
     * next one may begin before they come, then.
     * @param connection the connection
     * @param sent what its round has sent
     * @param now the time, in seconds
     */
    void Acknowledge(FlowConnection& connection, const FlowUnacknowledged& sent, double now);

    /**
     * @brief Let a window grow by what acknowledgements have told before a message begins.
     * @param connection the connection
     * @param now the time, in seconds
     */
    static void AcknowledgeBefore(FlowConnection& connection, double now);

    /**
     * @brief What a round that begins may meet.
     * @param connection the connection; its round-trip times are set
     * @param delay of its queue, in seconds
     * @return the worst of it, if anything
     */
    std::optional<FlowDoubt> FindDoubt(const FlowConnection& connection, double delay) const;

    /**
     * @brief Whether others share links of a connection that has more than its window to send.
     * @param connection the connection
     * @param now the time in seconds
     * @return true if so
     */
    bool IsWindowShared(const FlowConnection& connection, double now) const;

    /**
     * @brief Whether the last segments of a message, a window behind others, meet those of others
     * both where they leave and where they arrive, for a time that counts.
     * @param connection the connection; its last round begins
     * @return true if they do
     */
    bool IsMeeting(const FlowConnection& connection) const;

    /**
     * @brief Count the message that is being sent among the doubtful ones, once.
     * @param connection the connection
     * @param doubt what it has met
     */
    void CountDoubtful(FlowConnection& connection, FlowDoubt doubt);

    /**
     * @brief Find the link where the segments of a connection wait.
     * @param connection the connection; a message is being sent
     * @param now the time in seconds
     * @return the link
     */
    uint32_t FindQueue(const FlowConnection& connection, double now) const;

    /**
     * @brief Take down who sends a flow.
     * @param connection the connection; its flow has been started
     * @param queue the link where its segments wait
     */
    void SetFlowOf(FlowConnection& connection, uint32_t queue);

    /**
     * @brief What part of a round that begins its queue has no room for.
     * @param connection the connection; its wait is set
     * @param delay of its queue, in seconds
     * @return from 0 to below 1
     */
    double GetOverflow(const FlowConnection& connection, double delay) const;

    /**
     * @brief A round begins before a full queue: if that loses all of it, or the end of the
     * message, it waits for a probe or a timeout. Which segments are lost is drawn.
     * @param connection the connection
     * @param overflow what part of them is
     * @param isRepairing whether the round sends again what was lost before
     */
    void MeetFullQueue(FlowConnection& connection, double overflow, bool isRepairing);

    /**
     * @brief What a send buffer holds beside what was under way when a loss was found. How full it
     * is then is drawn.
     * @param connection the connection, which repairs a loss in its round
     * @return bytes
     */
    static double BufferWhileRepairing(const FlowConnection& connection);

    /**
     * @brief Have a connection send nothing for a while, with a window as after losses.
     * @param connection the connection
     * @param pause how long, in seconds
     */
    void Pause(FlowConnection& connection, double pause);

    /**
     * @brief Have a round of a connection begin at this instant.
     * @param connection the connection
     */
    void Begin(FlowConnection& connection);

    /**
     * @brief Have no round of a connection begin.
     * @param connection the connection
     */
    void DropBeginning(FlowConnection& connection);

    /** Have Settle() run once at this instant, after all that happens in it. */
    void ScheduleSettle();

    /** Work out the rates, and when the next of them changes by itself. */
    void Settle();

    /** Tell the meter of the underlay, if it is on, whose use the latest change has changed. */
    void Measure();

    /** A message has been sent, or a round is over. */
    void HandleEvents();

    /**
     * @brief A link of the underlay has changed.
     * @param link the link
     */
    void LinkChanged(uint32_t link);

    Ptr<Underlay> m_underlay;     //!< What the messages travel over
    uint32_t m_segmentSize;       //!< Payload of a full segment
    uint32_t m_segmentHeaderSize; //!< Headers of one segment; an acknowledgement is nothing else
    uint32_t m_initialCwnd;       //!< In segments
    uint32_t m_sendBuffer;        //!< In bytes
    uint32_t m_receiveBuffer;     //!< In bytes
    uint32_t m_delAckCount;       //!< Segments per acknowledgement
    Time m_delAckTimeout;         //!< How long one waits for the next segment
    Time m_idleTimeout;           //!< How long an idle connection is kept at least
    uint32_t m_queueSize;         //!< Of a link, in segments, unless the underlay says
    QueueDiscipline m_discipline; //!< Of an uplink, unless the underlay says

    FlowPath::Segment m_segment; //!< A full segment, as set
    double m_delAckSeconds{0};   //!< m_delAckTimeout, as set

    EventPool m_events;                                         //!< All but the two below
    std::unique_ptr<FlowLinks> m_links;                         //!< As they are now
    std::unique_ptr<FluidNetwork> m_network;                    //!< Rates and progress
    std::unique_ptr<FlowQueues> m_waiting;                      //!< What waits in front of links
    std::unique_ptr<BurstQueues> m_queues;                      //!< Order of bursts
    std::unique_ptr<SegmentLosses> m_losses;                    //!< By chance
    std::unique_ptr<FlowHandshakes> m_handshakes;               //!< Before the first byte
    std::unique_ptr<FlowDelivery> m_delivery;                   //!< From the last byte on
    std::vector<std::unique_ptr<FlowConnection>> m_connections; //!< In the order of first messages
    std::unordered_map<uint64_t, uint32_t> m_byPair;            //!< Connection by NodePairKey()
    std::vector<uint32_t> m_free;           //!< Connections of no pair, the next one to use last
    double m_lastDrop{0};                   //!< When DropIdle() has looked last, in seconds
    std::vector<uint32_t> m_byFlow;         //!< Index of the connection that sends it, by flow
    std::vector<uint32_t> m_beginning;      //!< Connections whose round begins at this instant
    std::vector<Beginning> m_begun;         //!< By link: whose segments come to it last
    std::vector<uint32_t> m_rearmed;        //!< Connections some link of which has changed
    std::vector<uint32_t> m_stalled;        //!< Connections whose way back is down
    uint64_t m_nRounds{0};                  //!< Rounds that have begun
    FlowDoubts m_doubts;                    //!< What messages have met
    Ptr<EventImpl> m_settling;              //!< Runs Settle(), again and again
    Ptr<EventImpl> m_handling;              //!< Runs HandleEvents(), until it is canceled
    EventId m_settle;                       //!< Pending Settle()
    EventId m_next;                         //!< Pending HandleEvents()
    double m_nextTime{FluidNetwork::NEVER}; //!< When that is, in seconds
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_MESSAGE_TRANSPORT_H */
