/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_CONNECTION_H
#define MURMURATION_PACKET_CONNECTION_H

#include "message-transport.h"
#include "packet-network.h"
#include "packet-tcp-receiver.h"
#include "packet-tcp-sender.h"

#include <deque>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The stream of messages from one node to another: both ends of a TCP connection, and the
 * flows of packets that join them.
 *
 * A message is its frame header and its content. The receiving end looks up in the sending end's
 * record in which segment each message ends, as both live in one simulation.
 *
 * An end that has given up answers what still comes to it with a reset, as the host of a closed
 * socket does; the other end has then none either.
 */
class PacketConnection : private PacketTcpSender::Wire, private PacketTcpReceiver::Wire
{
  public:
    /** @brief Those who are told of what happens. */
    class Owner
    {
      public:
        virtual ~Owner() = default;

        /**
         * @brief A node puts a packet on the wire.
         * @param node the node
         * @param packet the packet
         */
        virtual void HandleSending(uint32_t node, const PacketSegment& packet) = 0;

        /**
         * @brief The first byte of a message has arrived, and all before it.
         * @param message the message
         */
        virtual void HandleFirstByte(const Message& message) = 0;

        /**
         * @brief The last byte of a message has arrived.
         * @param message the message
         */
        virtual void HandleDelivery(const Message& message) = 0;

        /**
         * @brief The connection has failed: its sending end does nothing any more, but for resets
         * in answer to what the receiving end, that may not know yet, still sends.
         * @param connection the connection
         * @param reason one clause that says why
         */
        virtual void HandleFailure(PacketConnection& connection, const std::string& reason) = 0;
    };

    /** @brief Whom a connection joins. */
    struct Ends
    {
        uint32_t from; //!< The sending node
        uint32_t to;   //!< The receiving node
    };

    /**
     * @brief Construct a connection that is not open.
     * @param network what its packets travel over
     * @param options numbers of TCP
     * @param owner told of what happens
     * @param ends whom it joins
     */
    PacketConnection(PacketNetwork& network,
                     const PacketTcpOptions& options,
                     Owner& owner,
                     const Ends& ends);
    PacketConnection(const PacketConnection&) = delete;
    PacketConnection& operator=(const PacketConnection&) = delete;

    /** @return whom it joins */
    const Ends& GetEnds() const
    {
        return m_ends;
    }

    /** @return the flow of data; that of acknowledgements is the next one */
    uint32_t GetFlow() const
    {
        return m_flow;
    }

    /** @return the sending end */
    const PacketTcpSender& GetSender() const
    {
        return m_sender;
    }

    /** @return the receiving end */
    const PacketTcpReceiver& GetReceiver() const
    {
        return m_receiver;
    }

    /**
     * @brief Append a message to the stream; the first one opens the connection.
     * @param message the message
     * @param streamBytes its size in the stream: frame header and content
     */
    void Send(const Message& message, uint64_t streamBytes);

    /**
     * @brief Take out of the stream what no segment has carried yet of a message that nobody waits
     * for any more.
     * @param id the message
     * @return whether something was; if so, the message is forgotten, else it arrives
     */
    bool Withdraw(uint64_t id);

    /**
     * @brief A packet has come to the receiving end or, going back, to the sending end.
     * @param packet the packet; its SACK option is in the pool
     */
    void HandleArrival(const PacketSegment& packet);

    /**
     * @brief Fetch from memory what an arrival needs.
     * @param isAtReceiver whether it is at the receiving end
     */
    void Prefetch(bool isAtReceiver) const
    {
        const auto* end = isAtReceiver ? reinterpret_cast<const char*>(&m_receiver)
                                       : reinterpret_cast<const char*>(&m_sender);
        const std::size_t size = isAtReceiver ? sizeof m_receiver : sizeof m_sender;
        for (std::size_t offset = 0; offset < size; offset += 64)
        {
            __builtin_prefetch(end + offset);
        }
    }

    /**
     * @brief A buffer has left the host of the sending end.
     * @param segments how many were in it
     */
    void HandleDeparture(uint32_t segments);

    /**
     * @brief A timer that was set in the network has expired.
     * @param isReceiver whether that of the receiving end
     */
    void HandleTimer(bool isReceiver);

    /** @return messages that have not arrived */
    std::deque<Message> TakeMessages();

    /** @return whether messages have not arrived */
    bool HasMessages() const
    {
        return !m_messages.empty();
    }

    /**
     * @brief Whether nothing has been asked of the connection for long: with no packet of it in
     * the network it may be dropped without a trace.
     * @param since a time in ns
     * @return true if it is open and has been idle since then, or has failed, and waits for nothing
     */
    bool IsIdleSince(int64_t since) const;

    /**
     * @brief Before when no message can arrive and the connection cannot fail. To be asked between
     * events, while messages have not arrived.
     * @return a time; it holds as GetEarliestArrival() of the network does
     */
    int64_t GetEarliestOutcome() const;

  private:
    /** A message, and where it ends. */
    struct Pending
    {
        Message message;  //!< The message
        uint64_t begin;   //!< Bytes of the stream before it
        uint64_t end;     //!< Bytes of the stream up to and with its last one
        uint32_t segment; //!< The segment that has its last byte; NONE until it is sent
        uint32_t first;   //!< The one that has its first byte; NONE until it is sent, and once told
        bool isBegun;     //!< Whether that one has been sent
    };

    /** When timers that were set in the network expire: not before the deadlines of the ends. */
    struct Wakings
    {
        int64_t sender{PacketNetwork::NEVER};   //!< That of the sending end
        int64_t receiver{PacketNetwork::NEVER}; //!< That of the receiving end
    };

    // Sender and receiver
    int64_t GetNow() const override;
    uint64_t GetSalt() const override;
    void SendSyn() override;
    void SendHandshakeAck() override;
    void SendSegment(const PacketSending& sending) override;
    void HandleFirstSending(uint32_t number, uint64_t end) override;
    void Fail(const std::string& reason) override;
    void SendSynAck(int64_t echo, uint32_t window) override;
    void SendAck(uint32_t number, int64_t echo, uint32_t window, const PacketSack& sack) override;
    void SendResetBack() override;

    /**
     * @brief Send a packet.
     * @param packet its fields but for those of the network
     */
    void SendPacket(const PacketSegment& packet);

    /**
     * @brief Make a packet that is stamped with the time.
     * @param kind what it is
     * @param isBack whether the receiving end sends it
     * @param size of its IPv4 packet
     * @return the packet
     */
    PacketSegment MakePacket(PacketSegment::Kind kind, bool isBack, uint32_t size) const;

    /**
     * @brief Send a reset.
     * @param isBack whether the receiving end sends it
     */
    void SendReset(bool isBack);

    /**
     * @brief A packet has come to the sending end.
     * @param packet the packet; its SACK option is in the pool
     */
    void HandleArrivalAtSender(const PacketSegment& packet);

    /**
     * @brief A packet has come to the receiving end.
     * @param packet the packet
     */
    void HandleArrivalAtReceiver(const PacketSegment& packet);

    /** @return before when no reset can come to the sending end; holds as GetEarliestOutcome() */
    int64_t GetEarliestReset() const;

    /** Deliver what is complete. */
    void Deliver();

    /** Set timers in the network, where they would expire too late. */
    void WakeInTime();

    PacketNetwork& m_network;          //!< What packets travel over
    const PacketTcpOptions& m_options; //!< Numbers of TCP
    Owner& m_owner;                    //!< Told of what happens
    Ends m_ends;                       //!< Whom it joins
    uint32_t m_flow;                   //!< Flow of data; that of acknowledgements is the next one
    uint32_t m_nPlaced{0};             //!< Messages whose last segment is known
    Wakings m_wakings;                 //!< When the network wakes
    PacketTcpSender m_sender;          //!< The sending end
    PacketTcpReceiver m_receiver;      //!< The receiving end
    uint16_t m_peerClock{0};           //!< What the latest acknowledgement has shown of its clock
    uint64_t m_end{0};                 //!< Bytes of the stream so far
    int64_t m_lastUse{0};              //!< When a message was sent or has arrived last
    std::deque<Pending> m_messages;    //!< What has not arrived, in the order of sending
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_CONNECTION_H */
