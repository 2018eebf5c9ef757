/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_HANDSHAKES_H
#define MURMURATION_FLOW_HANDSHAKES_H

#include "event-pool.h"
#include "flow-connection.h"
#include "flow-links.h"
#include "flow-path.h"
#include "flow-queues.h"
#include "segment-losses.h"

#include "ns3/callback.h"

#include <cstdint>
#include <map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief SYNs of the flow level and their answers: from link to link, through the queues there.
 *
 * A SYN and what answers it are segments of headers alone. They wait where a link is down, until it
 * comes up again. Where one of them is lost by chance, the SYN is sent again a timeout after it was
 * sent: 1 s, doubling with each attempt [RFC 6298], 6 times (Linux's net.ipv4.tcp_syn_retries).
 */
class FlowHandshakes
{
  public:
    /** What has become of an attempt. */
    enum class Outcome
    {
        ANSWERED, //!< The connection can send
        LOST,     //!< It is time for the next attempt
        TIMED_OUT //!< That was the last one
    };

    /** Runs for each attempt, with the index of its connection. */
    typedef Callback<void, uint32_t, Outcome> OutcomeCallback;

    /**
     * @brief Construct for links. All that is referred to outlives this.
     * @param links as they are now
     * @param queues what waits in front of them
     * @param losses by chance
     * @param events carry segments from link to link
     * @param segment headers of a segment; may be set until the first attempt
     * @param ended runs for each attempt
     */
    FlowHandshakes(const FlowLinks& links,
                   const FlowQueues& queues,
                   SegmentLosses& losses,
                   EventPool& events,
                   const FlowPath::Segment& segment,
                   OutcomeCallback ended);

    /**
     * @brief Send the SYN of a connection over its path.
     * @param connection the connection, which stays where it is
     */
    void Begin(FlowConnection& connection);

    /**
     * @brief Let what waits for a link go on.
     * @param link the link, which has come up
     */
    void Resume(uint32_t link);

  private:
    /** A SYN or its answer on its way. */
    struct Handshake
    {
        FlowConnection* connection; //!< Whose it is
        uint32_t hop;               //!< Index of the next link on the way there and back
        double began;               //!< When the SYN was sent, in seconds
    };

    /**
     * @brief Come to a link, or to the end of the way.
     * @param handshake where it is
     */
    void Pass(const Handshake& handshake);

    /**
     * @brief The answer is there, unless it or the SYN is lost by chance.
     * @param handshake where it is
     */
    void End(const Handshake& handshake);

    const FlowLinks& m_links;                  //!< As they are now
    const FlowQueues& m_queues;                //!< What waits in front of them
    SegmentLosses& m_losses;                   //!< By chance
    EventPool& m_events;                       //!< Carry segments from link to link
    const FlowPath::Segment& m_segment;        //!< Headers of a segment
    OutcomeCallback m_ended;                   //!< Runs for each attempt
    std::multimap<uint32_t, Handshake> m_held; //!< By link that is down, in order
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_HANDSHAKES_H */
