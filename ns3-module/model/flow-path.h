/*
 * SPDX-License-Identifier: GPL-2.0-only
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

/** The way of a connection through the network, as of one instant; times in seconds. */
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

/** @brief A link of an underlay in numbers that are quick to reckon with. */
struct FlowLink
{
    /**
     * @brief What it carries while it is up, in bytes per second. Delays of queues are reckoned
     * with it at all times: those of a link that is down would have no end.
     */
    double rate{0};
    double delay{0}; //!< One-way propagation delay, in seconds
};

/**
 * @brief Read a link of the underlay.
 * @param link the link
 * @return the same, as it is now
 */
FlowLink ReadFlowLink(const Underlay::Link& link);

// Time::GetSeconds() and Seconds() multiply numbers of 128 bits; these do not.

/** @return the simulated time in seconds */
double SecondsNow();

/**
 * @brief A span of time as the simulator has it.
 * @param seconds the span
 * @return the same, to the next nanosecond
 */
Time ToTime(double seconds);

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_PATH_H */
