/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_PATH_H
#define MURMURATION_FLOW_PATH_H

#include "fluid-network.h"
#include "underlay.h"

#include <memory>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * The way of a connection through the network, as of one instant; times in seconds.
 */
struct FlowPath
{
    /** What a full segment looks like. */
    struct Segment
    {
        double payload{0}; //!< Bytes of content
        double header{0};  //!< Bytes of headers; an acknowledgement is nothing else

        /** @return bytes on the wire */
        double GetSize() const
        {
            return payload + header;
        }
    };

    std::vector<uint32_t> forth; //!< Links of its segments
    std::vector<uint32_t> back;  //!< Links of its acknowledgements
    double latencyForth{0};      //!< Propagation delay of segments
    double latencyBack{0};       //!< Propagation delay of acknowledgements
    double coreForth{0};         //!< What of it belongs to no link: it comes after the first one
    double coreBack{0};          //!< What of it belongs to no link: it comes after the first one
    double roundTrip{0};         //!< Of a full segment and its acknowledgement, without queues
    double loss{0};              //!< Probability that a segment is lost by chance
    double lossBack{0};          //!< Probability that an acknowledgement is
    double lastHops{0};          //!< Transmissions of a segment on all links but the slowest
};

/**
 * @ingroup murmuration
 * @brief Read the way between two nodes from the underlay.
 * @param underlay the underlay
 * @param from the sending node
 * @param to the receiving node
 * @param segment a full segment
 * @return the way, as it is now
 */
std::shared_ptr<const FlowPath> ReadFlowPath(Ptr<Underlay> underlay,
                                             uint32_t from,
                                             uint32_t to,
                                             const FlowPath::Segment& segment);

// Time::GetSeconds() and Seconds() multiply numbers of 128 bits; these do not.

/**
 * @ingroup murmuration
 * @return the simulated time in seconds
 */
double SecondsNow();

/**
 * @ingroup murmuration
 * @brief A span of time as the simulator has it.
 * @param seconds the span
 * @return the same, to the next nanosecond
 */
Time ToTime(double seconds);

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_PATH_H */
