/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LEAN_TCP_SOCKET_H
#define MURMURATION_LEAN_TCP_SOCKET_H

#include "linux-cubic.h"

#include "ns3/callback.h"
#include "ns3/node.h"
#include "ns3/tcp-socket-base.h"

#include <optional>

namespace ns3
{
namespace murmuration
{

class TcpDemux;

/**
 * @ingroup murmuration
 * @brief ns-3's TCP at less cost, and with what it lacks of Linux's.
 *
 * With the attributes UndoTimeouts, RestartAfterIdle and QuickAcks off, and a congestion control of
 * ns-3, it does what TcpSocketBase does, and when.
 *
 * A timeout is undone where it was none. TcpSocketBase takes each for the loss of all that is under
 * way, and sends all of it again: with ten neighbors on one downlink, acknowledgements wait for
 * longer than any timeout. Here, as in Linux, one segment is sent again. If the next
 * acknowledgement answers one that was sent before the timeout, as its timestamp tells, nothing was
 * lost and the window is what it was [RFC 3522, RFC 4015]; else all is taken to be lost.
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

    /** What becomes of a timeout. */
    enum TimeoutEvent
    {
        EXPIRED, //!< The timer has expired: nobody knows yet whether something was lost
        UNDONE,  //!< Nothing was lost
        EARLY,   //!< Nothing was lost in slow start, and Linux would have waited for longer
        LOSS,    //!< Something was lost, and ns-3 has found out more slowly than Linux does
    };

    /**
     * @brief Set what runs when a timer expires, and when it is known what that was.
     * @param callback the callback
     */
    void SetTimeoutCallback(Callback<void, TimeoutEvent> callback);

    /** @return how many segments were sent again */
    uint64_t GetNRetransmissions() const;

    /** @return how often the retransmission timer has expired */
    uint64_t GetNTimeouts() const;

    /**
     * @brief A packet of this connection gets into a queue at the host.
     * @param bytes its size
     */
    void NoteQueued(uint32_t bytes);

    /**
     * @brief A packet of this connection has left that queue.
     * @param bytes its size
     */
    void NoteLeft(uint32_t bytes);

    /** @return whether all that was written has been acknowledged, and nothing is under way */
    bool IsIdle() const;

    /** Give up this end of the connection without a word, and let the node forget it. */
    void Drop();

    TypeId GetInstanceTypeId() const override;
    int Connect(const Address& address) override;
    int Send(Ptr<Packet> p, uint32_t flags) override;

  protected:
    Ptr<TcpSocketBase> Fork() override;
    void CompleteFork(Ptr<Packet> p,
                      const TcpHeader& tcpHeader,
                      const Address& fromAddress,
                      const Address& toAddress) override;
    uint32_t AvailableWindow() const override;
    void NewAck(const SequenceNumber32& seq, bool resetRTO) override;
    void ReceivedData(Ptr<Packet> packet, const TcpHeader& tcpHeader) override;
    void ReceivedAck(Ptr<Packet> packet, const TcpHeader& tcpHeader) override;
    void EstimateRtt(const TcpHeader& tcpHeader) override;
    uint32_t SendDataPacket(SequenceNumber32 seq, uint32_t maxSize, bool withAck) override;
    void ReTxTimeout() override;

  private:
    /** @brief What a timeout has changed, until it is known whether something was lost. */
    struct Timeout
    {
        uint32_t timestamp;                   //!< Of the first segment that was sent again
        uint32_t window;                      //!< Congestion window
        uint32_t threshold;                   //!< Slow-start threshold
        TcpSocketState::TcpCongState_t state; //!< Congestion state
        SequenceNumber32 recover;             //!< Recovery point
        bool isRecoverActive;                 //!< Whether it counts
        Time probedUntil;                     //!< When Linux's timer would not have expired yet
    };

    /** @brief How the window is used, as Linux reckons (tcp_cwnd_validate()). */
    struct WindowUse
    {
        bool isFull{true};         //!< Whether it kept something from being sent
        uint32_t mostBytes{0};     //!< Most that was under way
        SequenceNumber32 until{0}; //!< Both hold until this byte is acknowledged
    };

    /** Tell the node's TcpDemux of this end of a connection. */
    void JoinDemux();

    /** @return how many bytes of this connection may wait in a queue at the host */
    uint32_t GetHostLimit() const;

    /** Go on after having been held back. */
    void Resume();

    /** @return whether a timeout may turn out to have been none */
    bool CanUndo() const;

    /** The timer has expired: send one segment again, and wait for what it tells. */
    void Probe();

    /** @return until when Linux would not have timed out, now that the timer has expired here, and
     * it matters */
    Time GetProbedUntil() const;

    /**
     * @brief An acknowledgement tells what the timeout was.
     * @param tcpHeader the acknowledgement
     */
    void Judge(const TcpHeader& tcpHeader);

    /**
     * @brief Tell what has become of a timeout.
     * @param event what
     */
    void NotifyTimeout(TimeoutEvent event);

    /** Shrink the window if nothing was sent for long. */
    void RestartIfIdle();

    /** Note how much of the window is used, after something was sent. */
    void NoteWindowUse();

    /** @return whether the window is large enough by how it is used */
    bool IsWindowUsed() const;

    bool m_undoTimeouts;                            //!< Whether to probe at timeouts
    bool m_restartAfterIdle;                        //!< Whether the window shrinks when idle
    uint32_t m_quickAcks;                           //!< Segments to be acknowledged at once
    std::optional<Timeout> m_timeout;               //!< Not yet judged
    WindowUse m_windowUse;                          //!< How the window is used
    Time m_lastSent{Time::Min()};                   //!< When data was sent last
    Time m_lastRawRtt;                              //!< The latest; 0 if its segment was sent twice
    uint64_t m_nRetransmissions{0};                 //!< Segments sent again
    uint64_t m_nTimeouts{0};                        //!< Expiries of the timer
    Callback<void, TimeoutEvent> m_timeoutCallback; //!< Told of timeouts
    uint32_t m_hostBytes{0};                        //!< What waits in a queue at the host
    mutable bool m_isHeldBack{false}; //!< Whether that keeps something from being sent
    Ptr<LinuxCubic> m_cubic;          //!< The congestion control, if it is this one
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LEAN_TCP_SOCKET_H */
