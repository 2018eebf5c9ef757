/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_FLOW_MESSAGE_TRANSPORT_H
#define MURMURATION_FLOW_MESSAGE_TRANSPORT_H

#include "fluid-network.h"
#include "message-transport.h"
#include "underlay.h"

#include "ns3/event-id.h"

#include <deque>
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
 * - It has a congestion window W. As long as more than W is left to send, the rate is at most W per
 *   round-trip time; what is left within the window goes out as fast as the path allows.
 * - W starts at InitialCwnd segments and doubles each round-trip time until the fair share, not the
 *   window, has limited the connection for a round-trip time: then slow start ends, and W grows by
 *   one segment for SegmentsPerIncrease ones (of TcpCubic, before its first loss). The window is
 *   kept between messages, and is never more than the buffers of the two ends.
 * - Acknowledgements take their share of the links that lead back.
 * - The last byte arrives after the latency of the path, and after the last segment has been
 *   transmitted once more on each link but the slowest.
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
     * @brief Set what the messages travel over. Must be called once, before the first Send() and
     * after the attributes are set.
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<Underlay> underlay);

    /**
     * @brief The size of a message on the wire: content, frame header and segment headers.
     * @param sizeBytes the size of the content
     * @return bytes
     */
    uint64_t GetWireSize(uint64_t sizeBytes) const;

    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;

  private:
    /** One direction between two nodes: what TCP remembers, and what waits to be sent. */
    struct Connection
    {
        std::vector<uint32_t> links; //!< Its path
        double latency{0};           //!< One way, in seconds
        double roundTrip{0};         //!< Of a segment and its acknowledgement, in seconds
        double lastHops{0};          //!< Transmissions of the last segment, in seconds
        double window{0};            //!< Congestion window, in bytes on the wire
        bool isSlowStart{true};      //!< The window doubles
        bool isOpen{false};          //!< Has been set up
        bool isActive{false};        //!< Its first message is being sent
        uint32_t flow{0};            //!< Of the message that is being sent
        double phaseStart{0};        //!< When its present phase began, in seconds
        double phaseRemaining{0};    //!< What was left to send then
        Time lastArrival;            //!< Of the last byte of the message before
        std::deque<Message> waiting; //!< The first one is being sent
    };

    /**
     * @brief The connection between two nodes; makes it if there is none.
     * @param from the sending node
     * @param to the receiving node
     * @return its index
     */
    uint32_t FindConnection(uint32_t from, uint32_t to);

    /**
     * @brief Read path, latency and transmission times of a connection from the underlay.
     * @param connection the connection
     * @param from the sending node
     * @param to the receiving node
     */
    void ReadPath(Connection& connection, uint32_t from, uint32_t to) const;

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
     * @brief Limit a connection by its window, or not at all where the window holds all that is
     * left.
     * @param connection the connection
     */
    void BeginPhase(Connection& connection);

    /**
     * @brief Let the window of a connection grow by what its present phase has sent.
     * @param connection the connection
     * @param wasAtCap whether the window limited it
     */
    void GrowWindow(Connection& connection, bool wasAtCap);

    /** Have Settle() run once at this instant, after all that happens in it. */
    void ScheduleSettle();

    /** Work out the rates, and when the next of them changes by itself. */
    void Settle();

    /** A flow ends or a window has grown. */
    void HandleEvents();

    /**
     * @brief The last byte of a message arrives.
     * @param message the message
     */
    void Arrive(const Message& message);

    /**
     * @brief A link of the underlay has changed.
     * @param link the link
     */
    void LinkChanged(uint32_t link);

    /** @return the largest window that the buffers allow, in bytes on the wire */
    double GetLargestWindow() const;

    Ptr<Underlay> m_underlay;       //!< What the messages travel over
    uint32_t m_segmentSize;         //!< Payload of a full segment
    uint32_t m_segmentHeaderSize;   //!< Headers of one segment; an acknowledgement is nothing else
    uint32_t m_initialCwnd;         //!< In segments
    uint32_t m_sendBuffer;          //!< In bytes
    uint32_t m_receiveBuffer;       //!< In bytes
    uint32_t m_delAckCount;         //!< Segments per acknowledgement
    uint32_t m_segmentsPerIncrease; //!< For one more in the window, after slow start
    std::unique_ptr<FluidNetwork> m_network;                //!< Rates and progress
    std::vector<std::unique_ptr<Connection>> m_connections; //!< In the order of their first message
    std::unordered_map<uint64_t, uint32_t> m_byPair;        //!< Connection by NodePairKey()
    std::vector<uint32_t> m_byFlow;                         //!< Connection by flow
    std::vector<uint64_t> m_bytesSent;                      //!< By node
    std::vector<uint64_t> m_bytesReceived;                  //!< By node
    EventId m_settle;                                       //!< Pending Settle()
    EventId m_next;                                         //!< Pending HandleEvents()
    double m_nextTime{FluidNetwork::NEVER};                 //!< When that is, in seconds
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_MESSAGE_TRANSPORT_H */
