/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_FLOW_MESSAGE_TRANSPORT_H
#define MURMURATION_FLOW_MESSAGE_TRANSPORT_H

#include "flow-window.h"
#include "fluid-network.h"
#include "message-transport.h"
#include "underlay.h"

#include "ns3/event-id.h"

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief Messages as fluid: no packets, but the times that TCP would need.
 *
 * A message is so many bytes on the wire, headers included, that flow over the links of its path at
 * the max-min fair rate (MaxMinSolver). What makes TCP slower than its fair share is modeled on
 * each connection, one per ordered pair of nodes, that lives as long as the transport:
 *
 * - It is set up by the first message, which waits for one round-trip time.
 * - It sends in rounds. As long as more is left than its congestion window W (FlowWindow) holds,
 *   its rate is at most W over the time to the first acknowledgement of the round; what is left
 *   within the window goes out as fast as the path allows. Windows are kept between messages.
 * - What a window holds and the path has not yet carried waits in the queue of the narrowest link.
 *   Acknowledgements wait in the queues of the links that lead back, behind the messages there.
 * - Queues serve first come, first served, and so share a link by what each connection has under
 *   way: shares are weighted by W over the round-trip time, queues included (WindowWeights).
 * - Acknowledgements take their part of the capacity of the links that lead back.
 * - The last byte arrives after the latency of the path, and after the last segment has been
 *   transmitted once more on each link but the slowest.
 *
 * - Where more waits than QueueSize, segments are lost: a part of the window is sent again later,
 *   and the window shrinks. Timeouts after a loss are not modeled.
 *
 * - Random losses hold a message back that has enough segments to meet one: its rate is at most
 *   LossRateLimit(). Jitter is drawn per message, and does not change the order.
 *
 * Messages of one connection are sent one after the other.
 */
class FlowMessageTransport : public MessageTransport
{
  public:
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

    uint64_t GetWireSize(uint64_t sizeBytes) const override;
    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;

  private:
    /** The way of a connection through the network; times in seconds. */
    struct Path
    {
        std::vector<uint32_t> forth; //!< Links of its segments
        std::vector<uint32_t> back;  //!< Links of its acknowledgements
        double latencyForth{0};      //!< Propagation delay of segments
        double latencyBack{0};       //!< Propagation delay of acknowledgements
        double roundTrip{0};         //!< Of a full segment and its acknowledgement, without queues
        double lossLimit{FluidNetwork::NEVER}; //!< Rate that random losses allow, bytes per second
        double lastHops{0}; //!< Transmissions of a segment on all links but the slowest
    };

    /** A stretch of time in which a connection sends at most its window. */
    struct Round
    {
        double start{0};     //!< When it began, in seconds
        double remaining{0}; //!< What was left to send of the message then
        double wait{0};      //!< Until its first acknowledgement, in seconds
        double sample{0};    //!< Round-trip time that its first segments see, in seconds
        bool isFirst{true};  //!< Of its message
        double lost{0};      //!< What overflows the queue, in bytes
        bool isLast{false};  //!< The window holds all that is left
    };

    /** One direction between two nodes: what TCP remembers, and what waits to be sent. */
    struct Connection
    {
        /**
         * @brief Construct a connection that has not been set up.
         * @param sizes of its window
         */
        explicit Connection(const FlowWindow::Sizes& sizes);

        FlowWindow window;          //!< Kept between messages
        Round round;                //!< The present one
        uint32_t flow{0};           //!< Of the message that is being sent
        bool isOpen{false};         //!< Has been set up
        Path path;                  //!< As of the last message
        Time lastArrival;           //!< Of the message before
        std::list<Message> waiting; //!< The first one is being sent, once set up
    };

    /** Who sends a flow; apart from the connection, for links that have many. */
    struct Sender
    {
        uint32_t connection; //!< Index of the connection
        uint32_t queue;      //!< Its queue
    };

    /**
     * @brief The connection between two nodes; makes it if there is none.
     * @param from the sending node
     * @param to the receiving node
     * @return its index
     */
    uint32_t FindConnection(uint32_t from, uint32_t to);

    /**
     * @brief Read the way between two nodes from the underlay.
     * @param from the sending node
     * @param to the receiving node
     * @param sizeBytes the size of the content of a message
     * @return the way of that message, as it is now
     */
    Path ReadPath(uint32_t from, uint32_t to, uint64_t sizeBytes) const;

    /**
     * @brief The handshake of a connection is over: send what waits.
     * @param index the connection
     */
    void Open(uint32_t index);

    /**
     * @brief Start to send the first message that waits.
     * @param index the connection
     */
    void StartMessage(uint32_t index);

    /**
     * @brief The last byte of the first message has been sent.
     * @param index the connection
     */
    void FinishMessage(uint32_t index);

    /**
     * @brief The last byte of a message arrives.
     * @param message the message
     */
    void Arrive(const Message& message);

    /** Begin the rounds of the connections in m_beginning, all at this instant. */
    void BeginRounds();

    /**
     * @brief Limit a connection by its window, or not at all in its last round.
     * @param connection the connection
     */
    void LimitRound(Connection& connection);

    /**
     * @brief Have the next round of a connection begin when this one is over.
     * @param connection the connection; the rates of this instant are known
     */
    void ScheduleNextRound(Connection& connection);

    /**
     * @brief Let the window of a connection grow by what its round has sent.
     * @param connection the connection
     */
    void EndRound(Connection& connection);

    /**
     * @brief Find the link of a path where segments wait: the one that has the least for each flow.
     * @param path the path
     * @return the link
     */
    uint32_t FindQueue(const Path& path) const;

    /**
     * @brief What a link has for each of its flows.
     * @param link the link
     * @return bytes per second
     */
    double GetShare(uint32_t link) const;

    /**
     * @brief How much of a connection waits in its queue.
     * @param connection the connection; a message is being sent
     * @param now the time in seconds
     * @return bytes
     */
    double GetBacklog(const Connection& connection, double now) const;

    /**
     * @brief How long a segment that comes now waits in the queue of a link.
     * @param link the link
     * @param now the time in seconds
     * @return seconds
     */
    double GetQueueDelay(uint32_t link, double now) const;

    /**
     * @brief What a queue loses of the round of a connection that begins.
     * @param connection the connection
     * @param delay of its queue, in seconds
     * @return bytes
     */
    double GetLost(const Connection& connection, double delay) const;

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
    uint32_t m_queueSize;         //!< Of each link, in segments
    bool m_windowWeights;         //!< Whether links are shared by windows

    std::unique_ptr<FluidNetwork> m_network;                //!< Rates and progress
    std::vector<std::unique_ptr<Connection>> m_connections; //!< In the order of first messages
    std::unordered_map<uint64_t, uint32_t> m_byPair;        //!< Connection by NodePairKey()
    std::vector<Sender> m_byFlow;                           //!< Who sends, by flow
    std::vector<uint32_t> m_beginning;      //!< Connections whose round begins at this instant
    std::vector<uint64_t> m_bytesSent;      //!< By node
    std::vector<uint64_t> m_bytesReceived;  //!< By node
    EventId m_settle;                       //!< Pending Settle()
    EventId m_next;                         //!< Pending HandleEvents()
    double m_nextTime{FluidNetwork::NEVER}; //!< When that is, in seconds
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_MESSAGE_TRANSPORT_H */
