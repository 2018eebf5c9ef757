/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_MESSAGE_TRANSPORT_H
#define MURMURATION_MESSAGE_TRANSPORT_H

#include "tcp-settings.h"

#include "ns3/callback.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief One message between two nodes: an exact size, and a handle to what it stands for.
 *
 * The content is never looked into and never copied into packets.
 */
struct Message
{
    uint64_t id{0};        //!< Position in the order of Send() calls of one transport, from 0
    uint32_t from{0};      //!< Sending node, 0 ... N-1 of the underlay
    uint32_t to{0};        //!< Receiving node
    uint64_t sizeBytes{0}; //!< Bytes of content; the transport's frame header is not among them
    std::shared_ptr<const void> content; //!< Opaque handle that travels beside the bytes
    Time sent;                           //!< When Send() was called
};

/**
 * @ingroup murmuration
 * @brief What senders have done for what did not come through, or not in time.
 */
struct Repairs
{
    uint64_t retransmissions{0}; //!< Segments sent again
    uint64_t timeouts{0};        //!< Retransmission timers that have expired

    /**
     * @brief Add those of another sender.
     * @param other the other
     * @return all together
     */
    Repairs& operator+=(const Repairs& other)
    {
        retransmissions += other.retransmissions;
        timeouts += other.timeouts;
        return *this;
    }
};

/** Numbers of messages by what they have met, as a word. */
using DoubtsByReason = std::map<std::string, uint64_t>;

/** Repairs by the sending and the receiving node of their connections. */
using RepairsByPair = std::map<std::pair<uint32_t, uint32_t>, Repairs>;

/**
 * @ingroup murmuration
 * @brief Carries messages between nodes in simulated time: the one door to every network fidelity.
 *
 * Messages of one ordered pair of nodes arrive in the order in which they were sent. Send() never
 * blocks. Every message ends in exactly one delivery (the instant at which its last byte reaches
 * the receiver) or one failure, or is taken back before.
 */
class MessageTransport : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    MessageTransport();
    ~MessageTransport() override;

    /** Runs at the receiver when the last byte of a message has arrived. */
    typedef Callback<void, const Message&> DeliveryCallback;
    /** Runs at the sender when a message is given up; the text says why. */
    typedef Callback<void, const Message&, const std::string&> FailureCallback;

    /**
     * @brief Send a message.
     * @param from the sending node
     * @param to the receiving node, another one
     * @param sizeBytes the exact size of the encoded content; 0 is allowed (the header travels)
     * @param content handle that is given to the delivery callback
     * @return the message's id
     */
    uint64_t Send(uint32_t from,
                  uint32_t to,
                  uint64_t sizeBytes,
                  std::shared_ptr<const void> content = nullptr);

    /**
     * @brief Take a message back: nobody is told of it any more. Of its bytes, a network sends no
     * more than it must: of one that has been sent in part, the rest does not follow, and what was
     * sent goes on and counts. Messages behind it stay in order, and arrive as much earlier.
     *
     * What TCP has in its socket cannot be taken back: over ns-3's TCP, that is all but what finds
     * no room in the send buffer; the packet level leaves in the socket what no segment has carried
     * yet, and takes that. A flow ends. Over the ideal network only what waits for a link is not
     * sent.
     * @param id the message, as Send() has returned it
     * @return whether it was under way; false if it has arrived, was given up or taken back
     */
    bool AbortMessage(uint64_t id);

    /**
     * @brief How many messages have been sent and are neither delivered, given up nor taken back.
     * @return their number
     */
    uint64_t GetNUnderWay() const;

    /**
     * @brief How many of these are from or to a node. Looks at all of them.
     * @param node the node
     * @return their number
     */
    uint64_t GetNUnderWay(uint32_t node) const;

    /**
     * @brief Set TCP. To be called before the first Send(); aborts if this network does not know a
     * setting. See TransportHelper::FindUnknown().
     * @param settings the settings
     */
    virtual void SetTcpSettings(const TcpSettings& settings);

    /**
     * @brief Set what runs at each delivery.
     * @param callback the callback
     */
    void SetDeliveryCallback(DeliveryCallback callback);

    /**
     * @brief Set what runs at each failure.
     * @param callback the callback
     */
    void SetFailureCallback(FailureCallback callback);

    /**
     * @brief The size of a message on the wire: content, frame header and segment headers;
     * acknowledgements and what is sent again are not among them.
     * @param sizeBytes the size of the content
     * @return bytes
     */
    virtual uint64_t GetWireSize(uint64_t sizeBytes) const = 0;

    /**
     * @brief Bytes that a node has put on the wire so far: content, framing, transport and network
     * headers, acknowledgements, retransmissions; link-layer headers are not among them.
     * @param node the node
     * @return the total since the start
     */
    virtual uint64_t GetBytesSent(uint32_t node) const = 0;

    /**
     * @brief Bytes that a node has received from the wire so far, counted as GetBytesSent() does.
     * @param node the node
     * @return the total since the start
     */
    virtual uint64_t GetBytesReceived(uint32_t node) const = 0;

    /**
     * @brief How many messages have met what this network does not follow to its end, and may have
     * been told to arrive at a wrong time, too early for the most part.
     * @return the total since the start; 0 for a network that follows everything it knows of
     */
    uint64_t GetNDoubtful() const;

    /**
     * @brief What those messages have met.
     * @return how many of GetNDoubtful() have met what first, by a word for it; empty by default
     */
    virtual DoubtsByReason GetDoubts() const;

    /**
     * @brief What was sent again, by whom and to whom.
     * @return the totals since the start of each pair of nodes that has any; empty for a network
     * that has no segments
     */
    virtual RepairsByPair GetRepairs() const;

    /** @return how many segments were sent again, by all */
    uint64_t GetNRetransmissions() const;

    /** @return how often a retransmission timer has expired, of all */
    uint64_t GetNTimeouts() const;

    /**
     * @brief Assign fixed random stream numbers to every random variable of the transport.
     * @param stream the first stream number
     * @return how many streams were assigned
     */
    virtual int64_t AssignStreams(int64_t stream);

    /**
     * @brief The size of the header that frames each message.
     * @return bytes
     */
    uint32_t GetFrameHeaderSize() const;

    /**
     * TracedCallback signature for messages.
     * @param message the message
     */
    typedef void (*MessageCallback)(const Message& message);

    /**
     * TracedCallback signature for first bytes.
     * @param id the message
     * @param at when its first byte is at its receiver
     */
    typedef void (*FirstByteCallback)(uint64_t id, Time at);

    /**
     * TracedCallback signature for messages that were given up.
     * @param message the message
     * @param reason what went wrong
     */
    typedef void (*MessageFailedCallback)(const Message& message, const std::string& reason);

    /**
     * TracedCallback signature for messages that were taken back.
     * @param id the message
     * @param from its sending node
     * @param to its receiving node
     */
    typedef void (*MessageAbortedCallback)(uint64_t id, uint32_t from, uint32_t to);

  protected:
    void DoDispose() override;

    /**
     * @brief The size of a framed message that is cut into segments.
     * @param sizeBytes the size of the content
     * @param segmentSize payload of a full segment
     * @param segmentHeaderSize headers of one segment
     * @return bytes
     */
    uint64_t GetSegmentedSize(uint64_t sizeBytes,
                              uint32_t segmentSize,
                              uint32_t segmentHeaderSize) const;

    /**
     * @brief Add what one sender has done, if that is anything.
     * @param all is added to
     * @param from the sending node
     * @param to the receiving node
     * @param repairs what it has done
     */
    static void AddRepairs(RepairsByPair& all, uint32_t from, uint32_t to, const Repairs& repairs);

    /**
     * @brief Start carrying a message; must end in NotifyDelivered() or NotifyFailed().
     * @param message the message
     */
    virtual void DoSend(const Message& message) = 0;

    /**
     * @brief Send no more of a message that was taken back, as far as that goes; it may end in
     * NotifyDelivered() or NotifyFailed() as if it had not been: these tell nobody. By default its
     * bytes travel on.
     * @param id the message
     * @param from its sending node
     * @param to its receiving node
     */
    virtual void DoAbort(uint64_t id, uint32_t from, uint32_t to);

    /**
     * @brief Tell when the first byte of a message is at its receiver, where it can be read: once,
     * before the message is delivered. A network that works things out ahead or later tells a time
     * that is not now.
     * @param id the message
     * @param at when
     */
    void NotifyFirstByte(uint64_t id, Time at);

    /**
     * @brief Tell that the last byte of a message has arrived, unless it was taken back.
     * @param message the message
     */
    void NotifyDelivered(const Message& message);

    /**
     * @brief Tell that a message is given up, unless it was taken back.
     * @param message the message
     * @param reason one clause that says why
     */
    void NotifyFailed(const Message& message, const std::string& reason);

  private:
    /** Whom a message joins. */
    struct Ends
    {
        uint32_t from; //!< The sending node
        uint32_t to;   //!< The receiving node
    };

    uint32_t m_frameHeaderSize;                    //!< Bytes that frame each message
    uint64_t m_nextId{0};                          //!< Id of the next message
    std::unordered_map<uint64_t, Ends> m_underWay; //!< By id: neither ended nor taken back
    DeliveryCallback m_delivery;
    FailureCallback m_failure;
    TracedCallback<const Message&> m_sentTrace;
    TracedCallback<uint64_t, Time> m_firstByteTrace;
    TracedCallback<const Message&> m_deliveredTrace;
    TracedCallback<const Message&, const std::string&> m_failedTrace;
    TracedCallback<uint64_t, uint32_t, uint32_t> m_abortedTrace;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_MESSAGE_TRANSPORT_H */
