/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_LEAN_TCP_SOCKET_H
#define MURMURATION_LEAN_TCP_SOCKET_H

#include "ns3/node.h"
#include "ns3/tcp-socket-base.h"

namespace ns3
{
namespace murmuration
{

class TcpDemux;

/**
 * @brief ns-3's TCP at less cost: what it does, and when, is the same.
 *
 * Timers leave the event queue when they are stopped. TcpSocketBase stops and starts a timer of 200
 * ms or more with every acknowledgement, at both ends. A canceled event stays in the queue until
 * its time comes: at 100 Mbps that is a thousand dead events for each node, which the simulator
 * sorts, keeps in memory and in the end runs, for nothing. This class removes them instead. Removal
 * wants a scheduler that finds an event quickly, as ns-3's default, MapScheduler, does;
 * HeapScheduler and PriorityQueueScheduler search all events.
 *
 * When everything has been sent and nothing is lost, an acknowledgement has nothing to send.
 * TcpSocketBase finds that out by looking at each segment of the window; this class by comparing
 * two numbers. Segments find their socket through the node's TcpDemux, where there is one.
 */
class LeanTcpSocket : public TcpSocketBase
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Make a socket as TcpL4Protocol::CreateSocket() does.
     * @param node whose socket it is; it must have TCP
     * @param congestionControl class of the congestion control
     * @return the socket
     */
    static Ptr<LeanTcpSocket> CreateOn(Ptr<Node> node, TypeId congestionControl);

    /**
     * @brief Take a segment of this socket's connection.
     * @param packet the segment
     * @param header its IPv4 header
     * @param peerPort the port it comes from
     * @param incomingInterface where it came in
     * @return false if this socket no longer is the end of that connection
     */
    bool Take(Ptr<Packet> packet,
              const Ipv4Header& header,
              uint16_t peerPort,
              Ptr<Ipv4Interface> incomingInterface);

    int Connect(const Address& address) override;

  protected:
    Ptr<TcpSocketBase> Fork() override;
    void CompleteFork(Ptr<Packet> p,
                      const TcpHeader& tcpHeader,
                      const Address& fromAddress,
                      const Address& toAddress) override;
    uint32_t AvailableWindow() const override;
    void NewAck(const SequenceNumber32& seq, bool resetRTO) override;
    void ReceivedData(Ptr<Packet> packet, const TcpHeader& tcpHeader) override;

  private:
    /** Tell the node's TcpDemux of this end of a connection. */
    void JoinDemux();
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LEAN_TCP_SOCKET_H */
