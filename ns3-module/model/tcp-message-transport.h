/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TCP_MESSAGE_TRANSPORT_H
#define MURMURATION_TCP_MESSAGE_TRANSPORT_H

#include "message-transport.h"
#include "tcp-demux.h"
#include "tcp-message-connection.h"

#include "ns3/ipv4-address.h"
#include "ns3/node-container.h"

#include <map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Messages over real ns-3 TCP sockets, packet by packet, over any topology whose nodes have
 * an Ipv4 stack.
 *
 * Each ordered pair of nodes has one long-lived connection, which its first message opens. When a
 * connection fails (refused, not answered, reset), every message on it that has not arrived ends
 * in a failure, and the next Send() opens a new one. One that was idle for IdleTimeout is dropped
 * when others are opened, so that overlays that change do not keep two sockets for every pair of
 * nodes; the next message between the two waits for a handshake again.
 *
 * A message is doubtful if it has met a timeout that was not undone (see LeanTcpSocket): Linux
 * finds such losses earlier, by tail-loss probes [RFC 8985].
 *
 * Bytes are counted between TCP and IPv4 of the two ends: every IPv4 packet that TCP hands down or
 * is handed up, with handshakes, acknowledgements and retransmissions, and with those of other TCP
 * applications on the node. A packet that the sender's own queue drops counts as sent.
 */
class TcpMessageTransport : public MessageTransport
{
  public:
    /** Gives the address of a receiving node (second) as its sender (first) must write it. */
    typedef Callback<Ipv4Address, uint32_t, uint32_t> AddressCallback;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    TcpMessageTransport();
    ~TcpMessageTransport() override;

    /**
     * @brief Set the nodes. Must be called once, before the first Send(); aborts if a node has no
     * IPv4 or TCP.
     * @param nodes the ns-3 nodes, in the order of the transport's node numbers
     * @param address how senders address receivers
     */
    void SetNodes(const NodeContainer& nodes, AddressCallback address);

    /** @return the ns-3 nodes */
    const NodeContainer& GetNodes() const;

    void SetTcpSettings(const TcpSettings& settings) override;
    uint64_t GetWireSize(uint64_t sizeBytes) const override;
    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;
    DoubtsByReason GetDoubts() const override;
    RepairsByPair GetRepairs() const override;

    /** @return how many connections there are */
    std::size_t GetNConnections() const;

    /**
     * @brief Assign fixed random stream numbers to the stacks of all nodes.
     * @param stream the first stream number
     * @return how many streams were assigned
     */
    int64_t AssignStreams(int64_t stream) override;

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;
    void DoAbort(uint64_t id, uint32_t from, uint32_t to) override;

  private:
    /** How a receiving node knows whose connection it accepts: address and port of the sender. */
    typedef std::pair<Ipv4Address, uint16_t> Endpoint;

    /**
     * @brief Connect one node to another.
     * @param from the sending node
     * @param to the receiving node
     * @return the connection
     */
    Ptr<TcpMessageConnection> Open(uint32_t from, uint32_t to);

    /** Drop what was idle for long, if that was not looked at lately. */
    void DropIdle();

    /**
     * @brief Keep the counts of a connection that is about to go.
     * @param connection the connection
     */
    void KeepCounts(const TcpMessageConnection& connection);

    /**
     * @brief Make a node accept connections, if it does not yet.
     * @param node the node
     */
    void Listen(uint32_t node);

    /**
     * @brief Make a socket with the attributes of this transport.
     * @param node whose socket it is
     * @return the socket
     */
    Ptr<LeanTcpSocket> CreateSocket(uint32_t node) const;

    /**
     * @brief A connection has been accepted.
     * @param socket the receiving end
     * @param peer where the sending end is
     */
    void HandleAccept(Ptr<Socket> socket, const Address& peer);

    /**
     * @brief A connection has failed.
     * @param connection the connection
     * @param reason why
     */
    void HandleFailure(Ptr<TcpMessageConnection> connection, const std::string& reason);

    /**
     * @brief Close a connection that has failed and give up its messages.
     * @param connection the connection
     * @param reason why
     */
    void GiveUp(Ptr<TcpMessageConnection> connection, std::string reason);

    TypeId m_congestionControl; //!< Class of the congestion control
    uint32_t m_segmentSize;     //!< Payload of a full segment
    uint32_t m_sendBuffer;      //!< Send buffer of a connection, in bytes
    uint32_t m_receiveBuffer;   //!< Receive buffer of a connection, in bytes
    uint32_t m_initialCwnd;     //!< Initial window, in segments
    Time m_minRto;              //!< Least retransmission timeout
    uint32_t m_delAckCount;     //!< Segments per acknowledgement
    Time m_delAckTimeout;       //!< How long an acknowledgement may wait
    Time m_connTimeout;         //!< First timeout of a SYN
    uint32_t m_connCount;       //!< How often a SYN is sent
    uint16_t m_port;            //!< Where every node listens
    bool m_undoTimeouts;        //!< Whether timeouts are undone where nothing was lost
    bool m_slowStartAfterIdle;  //!< Whether windows shrink when idle
    uint32_t m_quickAcks;       //!< Segments of a new connection acknowledged at once
    Time m_idleTimeout;         //!< How long an idle connection is kept at least

    NodeContainer m_nodes;                //!< By node number
    AddressCallback m_address;            //!< How senders address receivers
    std::vector<Ptr<Socket>> m_listeners; //!< By node number; null until needed
    std::vector<Ptr<TcpDemux>> m_demuxes; //!< By node number; they count bytes
    Time m_lastDrop;                      //!< When DropIdle() has looked last
    DoubtsByReason m_doubts;              //!< Of connections that are gone
    RepairsByPair m_repairs;              //!< Of connections that are gone
    std::map<uint64_t, Ptr<TcpMessageConnection>> m_connections; //!< By NodePairKey()
    std::map<Endpoint, Ptr<TcpMessageConnection>> m_endpoints;   //!< By sending end
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TCP_MESSAGE_TRANSPORT_H */
