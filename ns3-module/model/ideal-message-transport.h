/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_IDEAL_MESSAGE_TRANSPORT_H
#define MURMURATION_IDEAL_MESSAGE_TRANSPORT_H

#include "message-transport.h"
#include "underlay.h"

#include <unordered_map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A network without contention: a message takes the latency of its path plus its size on
 * the wire over the rate of the slowest link.
 *
 *     delivery = now + latency + jitter + 8 wire bytes / bottleneck rate
 *     wire bytes = content + frame header + segments x SegmentHeaderSize
 *
 * Latency and rate are those of the instant at which a message is sent, also where they change
 * before it arrives; a message over a link that is down is sent when all of its path is up. Jitter
 * is drawn once for each link and message. Loss has no effect. Messages do not slow each other
 * down, which makes this the lower bound of the other transports.
 * Messages of one ordered pair still arrive in the order in which they were sent: one that would
 * overtake arrives at the instant of the one before it. Sender and receiver are charged the wire
 * bytes; there are no acknowledgements.
 */
class IdealMessageTransport : public MessageTransport
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    IdealMessageTransport();
    ~IdealMessageTransport() override;

    /**
     * @brief Set what the messages travel over. Must be called once, before the first Send().
     * @param underlay the underlay
     */
    void SetUnderlay(Ptr<Underlay> underlay);

    uint64_t GetWireSize(uint64_t sizeBytes) const override;
    uint64_t GetBytesSent(uint32_t node) const override;
    uint64_t GetBytesReceived(uint32_t node) const override;

  protected:
    void DoDispose() override;
    void DoSend(const Message& message) override;
    void DoAbort(uint64_t id, uint32_t from, uint32_t to) override;

  private:
    /**
     * @brief Whether every link of a message's path is up.
     * @param message the message
     * @return true if it can be sent
     */
    bool IsPathUp(const Message& message) const;

    /**
     * @brief The time a message takes on its own.
     * @param message the message
     * @param[out] transmission its part on the slowest link
     * @return latency, jitter and transmission on the slowest link
     */
    Time DrawTransferTime(const Message& message, Time& transmission);

    /**
     * @brief Send a message whose path is up.
     * @param message the message
     */
    void Depart(const Message& message);

    /**
     * @brief Tell the meter of the underlay, if it is on.
     * @param message a message that departs
     */
    void Measure(const Message& message);

    /**
     * @brief A link has changed: send what waited for it.
     * @param link the link
     */
    void LinkChanged(uint32_t link);

    /**
     * @brief The last byte of a message arrives.
     * @param message the message
     */
    void Arrive(const Message& message);

    Ptr<Underlay> m_underlay;                            //!< What the messages travel over
    uint32_t m_segmentSize;                              //!< Payload of a full segment
    uint32_t m_segmentHeaderSize;                        //!< Headers of one segment
    std::vector<uint64_t> m_bytesSent;                   //!< By node
    std::vector<uint64_t> m_bytesReceived;               //!< By node
    std::vector<Message> m_waiting;                      //!< Until their paths are up, in order
    std::unordered_map<uint64_t, Time> m_lastDeliveries; //!< Latest delivery, by NodePairKey()
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_IDEAL_MESSAGE_TRANSPORT_H */
