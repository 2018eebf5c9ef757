/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TCP_DEMUX_H
#define MURMURATION_TCP_DEMUX_H

#include "lean-tcp-socket.h"

#include "ns3/ip-l4-protocol.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-interface.h"
#include "ns3/queue.h"
#include "ns3/tcp-l4-protocol.h"

#include <unordered_map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Takes TCP segments to the sockets of a node by hash, and counts their bytes.
 *
 * TcpL4Protocol looks at each endpoint of the node for each segment, and parses the whole header to
 * do so. This protocol stands in front of it on the interfaces of the node, knows the connections
 * of LeanTcpSocket, and leaves everything else to TcpL4Protocol.
 */
class TcpDemux : public IpL4Protocol
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Put a demultiplexer in front of the TCP of a node, if there is none yet. Interfaces
     * that the node gets later do not use it.
     * @param node the node; it must have IPv4 and TCP
     * @return the demultiplexer of the node
     */
    static Ptr<TcpDemux> InstallOn(Ptr<Node> node);

    /** @return bytes of all IPv4 packets that TCP has handed down */
    uint64_t GetBytesSent() const;

    /** @return bytes of all IPv4 packets that TCP was handed up */
    uint64_t GetBytesReceived() const;

    /**
     * @brief Take the segments of a connection to a socket from now on.
     * @param socket the socket
     * @param peer address of the other end
     * @param peerPort port of the other end
     * @param localPort port of this end
     */
    void Add(Ptr<LeanTcpSocket> socket, Ipv4Address peer, uint16_t peerPort, uint16_t localPort);

    /**
     * @brief Hold connections back that have much in the queue of a device ("TCP small queues").
     * @param device a device of the node that sends over one queue
     * @param queue its queue
     */
    void HoldBack(Ptr<NetDevice> device, Ptr<Queue<Packet>> queue);

    /**
     * @brief Forget a connection.
     * @param peer address of the other end
     * @param peerPort port of the other end
     * @param localPort port of this end
     */
    void Remove(Ipv4Address peer, uint16_t peerPort, uint16_t localPort);

    // Inherited from IpL4Protocol
    int GetProtocolNumber() const override;
    RxStatus Receive(Ptr<Packet> p,
                     const Ipv4Header& header,
                     Ptr<Ipv4Interface> incomingInterface) override;
    RxStatus Receive(Ptr<Packet> p,
                     const Ipv6Header& header,
                     Ptr<Ipv6Interface> incomingInterface) override;
    void SetDownTarget(DownTargetCallback cb) override;
    void SetDownTarget6(DownTargetCallback6 cb) override;
    DownTargetCallback GetDownTarget() const override;
    DownTargetCallback6 GetDownTarget6() const override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Count a segment on its way down.
     * @param packet the segment
     * @param source where it comes from
     * @param destination where it goes to
     * @param protocol TCP
     * @param route the way it takes
     */
    void Send(Ptr<Packet> packet,
              Ipv4Address source,
              Ipv4Address destination,
              uint8_t protocol,
              Ptr<Ipv4Route> route);

    /**
     * @brief A packet has left a device that holds connections back, or was dropped by it.
     * @param packet the packet, with an IPv4 header or a PPP header before it
     */
    void HandleLeft(Ptr<const Packet> packet);

    bool m_holdsBack{false};     //!< Whether HoldBack() was called
    uint64_t m_bytesSent{0};     //!< IPv4 packets handed down
    uint64_t m_bytesReceived{0}; //!< IPv4 packets handed up
    DownTargetCallback m_down;   //!< Where TCP sent its segments before
    Ptr<TcpL4Protocol> m_tcp;    //!< Has the last word
    std::unordered_map<uint64_t, Ptr<LeanTcpSocket>> m_sockets; //!< By peer and ports
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TCP_DEMUX_H */
