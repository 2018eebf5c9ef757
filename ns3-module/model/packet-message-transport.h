/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_MESSAGE_TRANSPORT_H
#define MURMURATION_PACKET_MESSAGE_TRANSPORT_H

#include "message-transport.h"
#include "packet-connection.h"
#include "packet-network.h"
#include "packet-tcp-options.h"
#include "underlay.h"

#include "ns3/event-id.h"

#include <memory>
#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Messages over Linux's TCP, packet by packet, on an engine of its own.
 *
 * Each ordered pair of nodes has one long-lived connection, which its first message opens
 * (PacketConnection); packets are numbers on the links of the underlay (PacketNetwork). When a
 * connection fails, every message on it that has not arrived ends in a failure, and the next Send()
 * opens a new one, beside what is left of the old one. One that was idle for IdleTimeout is dropped
 * when others are opened, so that overlays that change do not keep two ends for every pair of
 * nodes; the next message between the two waits for a handshake again.
 *
 * The engine has a clock of its own, which follows that of ns-3: of all that happens in it, only
 * deliveries and failures concern others, and of each connection it is known before when none can
 * be (PacketConnection::GetEarliestOutcome()). One ns-3 event is pending, at the earliest of these
 * times; when it comes, all that has happened since the one before is worked off. Whoever sends,
 * changes a link or asks for bytes first has the engine catch up with what happened before that
 * instant; what happens at that very instant comes after what is asked from outside. So there are
 * about as many ns-3 events as there would be for fluid, and results are those of one event each.
 *
 * Order at equal times: see PacketNetwork. Messages of one Send() loop go out in its order.
 */
class PacketMessageTransport : public MessageTransport,
                               private PacketNetwork::Hosts,
                               private PacketConnection::Owner
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    PacketMessageTransport();
    ~PacketMessageTransport() override;

    /**
     * @brief Set what the messages travel over. Must be called once, before the first Send().
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<Underlay> underlay);

    void SetTcpSettings(const TcpSettings& settings) override;
    uint64_t GetWireSize(uint64_t sizeBytes) const override;
    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;

    RepairsByPair GetRepairs() const override;

    /** @return how many events the engine had, none of them an ns-3 event */
    uint64_t GetNEvents() const;

    /** @return what has happened to all senders together */
    PacketTcpSender::Counts GetCounts() const;

    /**
     * @brief Look at the connection of a pair of nodes, for tests.
     * @param from the sending node
     * @param to the receiving node
     * @return the connection; null if there is none
     */
    const PacketConnection* FindConnection(uint32_t from, uint32_t to) const;

    /** @return how many connections there are */
    std::size_t GetNConnections() const;

    /**
     * TracedCallback signature for packets.
     * @param now when, in ns on the clock of the engine, which may be behind that of ns-3
     * @param packet the packet
     */
    typedef void (*PacketCallback)(int64_t now, const PacketSegment& packet);

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;
    void DoAbort(uint64_t id, uint32_t from, uint32_t to) override;

  private:
    /** A connection, and when it is looked at again. */
    struct Entry
    {
        std::unique_ptr<PacketConnection> connection; //!< Null if it was dropped
        int64_t lookAt{PacketNetwork::NEVER};         //!< When; NEVER: no message is under way
    };

    // The network
    void HandleArrival(uint32_t packet) override;
    void HandleDeparture(uint32_t flow, uint32_t segments) override;
    void PrefetchArrival(const PacketSegment& packet) override;
    void HandleTimer(uint32_t timer) override;

    // Connections
    void HandleSending(uint32_t node, const PacketSegment& packet) override;
    void HandleFirstByte(const Message& message) override;
    void HandleDelivery(const Message& message) override;
    void HandleFailure(PacketConnection& connection, const std::string& reason) override;

    /**
     * @brief The connection of a pair of nodes; makes it if there is none.
     * @param from the sending node
     * @param to the receiving node
     * @return its index
     */
    uint32_t Find(uint32_t from, uint32_t to);

    /**
     * @brief The links whose rates GetEarliestOutcome() of a connection goes by.
     * @param index the connection
     * @return the first and the last one of its way, which may be one
     */
    std::vector<uint32_t> FindEndLinks(uint32_t index) const;

    /** Drop what was idle for long and what is left of what has failed, if that was not looked at
     * lately. */
    void DropIdle();

    /**
     * @brief Drop a connection, and keep its counts.
     * @param index the connection
     */
    void Drop(uint32_t index);

    /** Have the engine catch up with everything before now. */
    void CatchUp() const;

    /**
     * @brief Reckon when to look at a connection again.
     * @param index the connection
     */
    void Look(uint32_t index);

    /** Have the ns-3 event pending at the right time. */
    void Schedule();

    /** The ns-3 event. */
    void Run();

    /**
     * @brief A link of the underlay has changed.
     * @param link the link
     */
    void LinkChanged(uint32_t link);

    /** The numbers of TCP are final: make the network, if it is not there. */
    void Start();

    Ptr<Underlay> m_underlay;                        //!< What the messages travel over
    PacketTcpOptions m_options;                      //!< Numbers of TCP
    uint32_t m_segmentSize;                          //!< Attribute
    uint32_t m_segmentHeaderSize;                    //!< Attribute
    uint32_t m_sendBuffer;                           //!< Attribute
    uint32_t m_firstSendBuffer;                      //!< Attribute
    uint32_t m_receiveBuffer;                        //!< Attribute
    uint32_t m_synRetries;                           //!< Attribute
    uint32_t m_retries;                              //!< Attribute
    Time m_delayedAck;                               //!< Attribute
    Time m_idleTimeout;                              //!< Attribute
    int64_t m_lastDrop{0};                           //!< When DropIdle() has looked last
    std::unique_ptr<PacketNetwork> m_network;        //!< Null until the first message
    std::vector<Entry> m_connections;                //!< By half the number of their flow
    std::unordered_map<uint64_t, uint32_t> m_byPair; //!< By NodePairKey(); none that has failed
    std::vector<std::vector<uint32_t>> m_byEndLink;  //!< Connections by their first and last link
    std::vector<std::unique_ptr<PacketConnection>> m_dropped; //!< To be freed: one may be at work
    PacketTcpSender::Counts m_counts;                         //!< Of connections that were dropped
    RepairsByPair m_repairs;                                  //!< Of these
    PacketEventHeap m_looks;                                  //!< Connections to look at
    uint64_t m_nUnderWay{0};                   //!< Messages that have neither arrived nor failed
    std::vector<uint64_t> m_bytesSent;         //!< By node
    std::vector<uint64_t> m_bytesReceived;     //!< By node
    EventId m_event;                           //!< Pending Run()
    int64_t m_eventTime{PacketNetwork::NEVER}; //!< When that is
    mutable bool m_isRunning{false};           //!< Whether the engine is at work
    bool m_hasDelivered{false};                //!< Whether the packet at hand ended a message
    TracedCallback<int64_t, const PacketSegment&> m_sentTrace;    //!< Packets that hosts send
    TracedCallback<int64_t, const PacketSegment&> m_arrivedTrace; //!< Packets that come to hosts
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_MESSAGE_TRANSPORT_H */
