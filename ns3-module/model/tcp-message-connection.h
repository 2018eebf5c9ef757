/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TCP_MESSAGE_CONNECTION_H
#define MURMURATION_TCP_MESSAGE_CONNECTION_H

#include "lean-tcp-socket.h"
#include "message-transport.h"

#include "ns3/callback.h"
#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/simple-ref-count.h"
#include "ns3/socket.h"
#include "ns3/tcp-header.h"
#include "ns3/tcp-socket-base.h"

#include <deque>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The stream of messages from one node to another, over one TCP connection: both sockets,
 * and what is on its way between them.
 *
 * Messages are framed by counting: the stream is nothing but zero bytes, and as both ends live in
 * one simulation, the receiving end looks up in the sending end's record where messages end.
 * Bytes go into the socket only as its send buffer has room, in packets of virtual zeros.
 */
class TcpMessageConnection : public SimpleRefCount<TcpMessageConnection>
{
  public:
    /** Runs when the first byte of a message has been read. */
    typedef Callback<void, uint64_t, Time> FirstByteCallback;
    /** Runs when the last byte of a message has been read. */
    typedef Callback<void, const Message&> DeliveryCallback;
    /** Runs once, when the connection has failed; the text says why. */
    typedef Callback<void, Ptr<TcpMessageConnection>, const std::string&> FailureCallback;

    /**
     * @brief Construct a connection that is not open yet.
     * @param from the sending node
     * @param to the receiving node
     * @param firstByte told of each message that begins to arrive
     * @param delivery told of each message that arrives
     * @param failure told when the connection fails
     */
    TcpMessageConnection(uint32_t from,
                         uint32_t to,
                         FirstByteCallback firstByte,
                         DeliveryCallback delivery,
                         FailureCallback failure);

    ~TcpMessageConnection();

    TcpMessageConnection(const TcpMessageConnection&) = delete;
    TcpMessageConnection& operator=(const TcpMessageConnection&) = delete;

    /** @return the sending node */
    uint32_t GetFrom() const;

    /** @return the receiving node */
    uint32_t GetTo() const;

    /**
     * @brief Connect to the receiving node; the failure callback runs if that is not possible.
     * @param socket the sending end
     * @param peer where the receiving node listens
     */
    void Open(Ptr<LeanTcpSocket> socket, const InetSocketAddress& peer);

    /**
     * @brief Where the sending end is; tells the receiving node whose connection it accepts.
     * @return address and port
     */
    InetSocketAddress GetLocalAddress() const;

    /**
     * @brief Take the receiving end of the connection.
     * @param socket the accepted socket
     */
    void Accept(Ptr<Socket> socket);

    /**
     * @brief Append a message to the stream.
     * @param message the message
     * @param streamBytes its size in the stream: frame header and content
     */
    void Send(const Message& message, uint64_t streamBytes);

    /**
     * @brief Take back what has found no room in the send buffer of a message that nobody waits for
     * any more.
     * @param id the message
     */
    void Withdraw(uint64_t id);

    /**
     * @brief Close the sending end. No callback runs any more.
     * @return the messages that have not arrived, in the order of sending
     */
    std::deque<Message> Close();

    /**
     * @brief Whether nothing was sent for some time, and nothing is under way.
     * @param since the time at which it began
     * @return whether it may be dropped
     */
    bool IsIdleSince(Time since) const;

    /** Drop both ends without a word. Must be idle. No callback runs any more. */
    void Drop();

    /**
     * @brief Count the messages that have met a timeout which was not undone, or which Linux would
     * not have met.
     * @param all is added to
     */
    void AddDoubts(DoubtsByReason& all) const;

    /** @return what the sending end has done for what did not come through */
    Repairs GetRepairs() const;

  private:
    /** What is known of a message. */
    enum class Trust
    {
        SURE,     //!< It has met no timeout, or such as Linux would have met as well
        SUSPECT,  //!< The latest timeout is not judged yet
        DOUBTFUL, //!< It has met one
    };

    /** A message, and where it ends in the stream. */
    struct Pending
    {
        Message message;          //!< The message
        uint64_t begin;           //!< Bytes of the stream before it
        uint64_t end;             //!< Bytes of the stream up to and with its last one
        Trust trust{Trust::SURE}; //!< What is known of it
        bool isBegun{false};      //!< Whether its first byte has been read
    };

    /** Write what the send buffer has room for. */
    void Write();

    /** Read what has arrived, and deliver what is complete. */
    void Read();

    /** Take all callbacks back from the sockets. */
    void Detach();

    /** Take WatchHandshake() back from the sending socket. */
    void StopWatching();

    /**
     * @brief Tell that the connection has failed.
     * @param reason one clause that says why
     */
    void Fail(const std::string& reason);

    /**
     * @brief Look for the refusal of a connection.
     * @param packet the payload of a received segment
     * @param header its header
     * @param socket the socket
     */
    void WatchHandshake(Ptr<const Packet> packet,
                        const TcpHeader& header,
                        Ptr<const TcpSocketBase> socket);

    // Called by the sending socket
    void HandleConnected(Ptr<Socket> socket);                //!< The handshake is complete
    void HandleConnectFailed(Ptr<Socket> socket);            //!< There was no answer
    void HandleClosed(Ptr<Socket> socket);                   //!< The other end has closed or reset
    void HandleErrorClosed(Ptr<Socket> socket);              //!< Retransmissions were not answered
    void HandleRoom(Ptr<Socket> socket, uint32_t available); //!< The send buffer has room
    void HandleTimeout(LeanTcpSocket::TimeoutEvent event);   //!< A timer has expired

    // Called by the receiving socket
    void HandleData(Ptr<Socket> socket); //!< Data has arrived in order

    uint32_t m_from;                //!< The sending node
    uint32_t m_to;                  //!< The receiving node
    FirstByteCallback m_firstByte;  //!< Told of each message that begins to arrive
    DeliveryCallback m_delivery;    //!< Told of each message that arrives
    FailureCallback m_failure;      //!< Told when the connection fails
    Ptr<LeanTcpSocket> m_sender;    //!< The sending end
    Ptr<Socket> m_receiver;         //!< The receiving end; null until it is accepted
    uint32_t m_minWrite{0};         //!< Less room than this is not worth a write
    Address m_local;                //!< Where the sending end is
    bool m_connected{false};        //!< Whether the handshake is complete
    bool m_failed{false};           //!< Whether Fail() has run
    uint64_t m_unwritten{0};        //!< Bytes of the stream that are not in the send buffer yet
    uint64_t m_end{0};              //!< Bytes of the stream so far
    uint64_t m_read{0};             //!< Bytes that the receiving end has read
    DoubtsByReason m_doubts;        //!< Messages that have met a timeout
    uint64_t m_nSuspect{0};         //!< Messages that the latest timeout may have met
    Time m_lastUse;                 //!< When a message was sent or has arrived last
    std::deque<Pending> m_messages; //!< What has not arrived, in the order of sending
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TCP_MESSAGE_CONNECTION_H */
