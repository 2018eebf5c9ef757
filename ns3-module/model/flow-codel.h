/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_CODEL_H
#define MURMURATION_FLOW_CODEL_H

#include "flow-links.h"

#include <cmath>
#include <cstdint>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief When CoDel drops a segment of a connection that has a queue of its own, as FqCoDel's have
 * [RFC 8290]: when what waits has been above the target for an interval, and then at intervals that
 * become shorter with the square root of their number, until it is below [RFC 8289].
 *
 * Looks at what waits once in a round of the window, which is how fast TCP answers.
 */
class FlowCoDel
{
  public:
    /**
     * @brief Look at what waits.
     * @param link the link that it waits for
     * @param standing how long the least wait since the last look was, in seconds
     * @param now the time in seconds
     * @return whether a segment is dropped
     */
    bool Drops(const FlowLink& link, double standing, double now)
    {
        if (standing <= link.target)
        {
            m_next = -1;
            m_nDrops = 0;
            return false;
        }
        if (m_next < 0)
        {
            m_next = now + link.interval;
        }
        if (now < m_next)
        {
            return false;
        }
        ++m_nDrops;
        m_next = now + link.interval / std::sqrt(m_nDrops);
        return true;
    }

  private:
    double m_next{-1};    //!< When it drops a segment, in seconds; -1: what waits is short
    uint32_t m_nDrops{0}; //!< How many there were since it was short
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_CODEL_H */
