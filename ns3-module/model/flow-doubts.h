/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_DOUBTS_H
#define MURMURATION_FLOW_DOUBTS_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * What a message may meet that the flow level does not follow to its end.
 */
enum class FlowDoubt
{
    FULL_QUEUE,           //!< It comes to a full queue, and TCP may wait for a timeout
    LATE_ACKNOWLEDGEMENT, //!< TCP may take for lost what is only acknowledged late
    CODEL,                //!< It waits for longer than CoDel lets it
    MEETING_BURSTS,       //!< Its last segments meet those of others, in an unknown order
    CUT_LINK,             //!< What is under way is lost on a link that goes down
    SLOWED_LINK,          //!< A link is slower or down for a while, and slow start may end by it
    SLOW_START,           //!< A few segments of others decide when its slow start ends
    LOSSES,               //!< It loses segments again, or needs a timeout
    N                     //!< How many there are
};

/**
 * @ingroup murmuration
 * @brief How many messages have met what.
 */
class FlowDoubts
{
  public:
    /**
     * @brief Count a message.
     * @param doubt what it has met
     */
    void Count(FlowDoubt doubt);

    /** @return how many have met what, by a word for it */
    std::map<std::string, uint64_t> Get() const;

  private:
    std::array<uint64_t, static_cast<std::size_t>(FlowDoubt::N)> m_counts{}; //!< By FlowDoubt
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_DOUBTS_H */
