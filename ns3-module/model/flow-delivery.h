/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_DELIVERY_H
#define MURMURATION_FLOW_DELIVERY_H

#include "event-pool.h"
#include "flow-connection.h"
#include "underlay.h"

#include "ns3/callback.h"

#include <cstdint>
#include <list>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Messages of the flow level from their last byte on: jitter, order of arrival, and what
 * nodes have sent and received.
 *
 * A message is counted whole, as sent when its last byte has left and as received when that has
 * arrived; its acknowledgements are counted then, too.
 */
class FlowDelivery
{
  public:
    /** Runs for each message that has arrived. */
    typedef Callback<void, const Message&> DeliveryCallback;

    /**
     * @brief Construct for an underlay.
     * @param underlay the underlay
     * @param events has messages arrive; outlives this
     * @param delivered runs for each message
     */
    FlowDelivery(Ptr<Underlay> underlay, EventPool& events, DeliveryCallback delivered);

    /**
     * @brief Count a message among the bytes sent, once.
     * @param passage the message
     */
    void CountSent(FlowPassage& passage);

    /**
     * @brief Count a part of a message, as sent and as received: the rest does not follow.
     * @param passage the message
     * @param part of its bytes, from 0 to 1
     */
    void CountPart(const FlowPassage& passage, double part);

    /**
     * @brief Have a message arrive.
     * @param connection its connection, which stays where it is
     * @param passage the message
     * @param when its last byte is there, in seconds, but for jitter and repairs
     */
    void Schedule(FlowConnection& connection, const FlowPassage& passage, double when);

    /**
     * @brief Forget messages that have been sent and delivered.
     * @param underway those of a connection
     */
    static void Forget(std::list<FlowPassage>& underway);

    /**
     * @brief See MessageTransport::GetBytesSent().
     * @param node the node
     * @return bytes
     */
    uint64_t GetBytesSent(uint32_t node) const;

    /**
     * @brief See MessageTransport::GetBytesReceived().
     * @param node the node
     * @return bytes
     */
    uint64_t GetBytesReceived(uint32_t node) const;

  private:
    /**
     * @brief The last byte of a message arrives.
     * @param connection its connection
     * @param id the message
     */
    void Arrive(FlowConnection* connection, uint64_t id);

    Ptr<Underlay> m_underlay;              //!< Draws jitter
    EventPool& m_events;                   //!< Has messages arrive
    DeliveryCallback m_delivered;          //!< Runs for each message
    std::vector<uint64_t> m_bytesSent;     //!< By node
    std::vector<uint64_t> m_bytesReceived; //!< By node
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_DELIVERY_H */
