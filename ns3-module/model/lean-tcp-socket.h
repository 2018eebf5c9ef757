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

/**
 * @brief ns-3's TCP, with timers that leave the event queue when they are stopped.
 *
 * TcpSocketBase stops and starts a timer of 200 ms or more with every acknowledgement, at both
 * ends. A canceled event stays in the queue until its time comes: at 100 Mbps that is a thousand
 * dead events for each node, which the simulator sorts, keeps in memory and in the end runs, for
 * nothing. This class removes them instead; what TCP does, and when, is the same.
 *
 * Removal wants a scheduler that finds an event quickly, as ns-3's default, MapScheduler, does;
 * HeapScheduler and PriorityQueueScheduler search all events.
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

  protected:
    Ptr<TcpSocketBase> Fork() override;
    void NewAck(const SequenceNumber32& seq, bool resetRTO) override;
    void ReceivedData(Ptr<Packet> packet, const TcpHeader& tcpHeader) override;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LEAN_TCP_SOCKET_H */
