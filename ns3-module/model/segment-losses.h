/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_SEGMENT_LOSSES_H
#define MURMURATION_SEGMENT_LOSSES_H

#include "underlay.h"

#include "ns3/random-variable-stream.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Which segments of a row are lost by chance, each independently of the others, without a
 * draw for each.
 *
 * How many segments pass a link between one loss and the next has a geometric distribution: one
 * draw for each loss, from the link's own stream (Underlay::GetStream()).
 */
class SegmentLosses
{
  public:
    /**
     * @brief Construct for the links of an underlay, whose probabilities are read at each use.
     * @param underlay the underlay
     */
    explicit SegmentLosses(Ptr<Underlay> underlay);

    /**
     * @brief Send segments over links.
     * @param links the links
     * @param count how many segments
     * @return those that are lost, counted from 0, ascending; right until the next call
     */
    const std::vector<uint64_t>& Send(const std::vector<uint32_t>& links, uint64_t count);

    /**
     * @brief Send one segment over links.
     * @param links the links
     * @return whether it is lost
     */
    bool IsLost(const std::vector<uint32_t>& links);

  private:
    /** What comes over a link. */
    struct Process
    {
        Ptr<UniformRandomVariable> draw; //!< Null before the first use
        double loss{0};                  //!< Probability that `passing` was drawn with
        uint64_t passing{0};             //!< Segments that pass before the next one that is lost
    };

    /**
     * @brief Draw how many segments pass before the next loss.
     * @param process of the link
     */
    static void Draw(Process& process);

    Ptr<Underlay> m_underlay;         //!< What was given
    std::vector<Process> m_processes; //!< By link
    std::vector<uint64_t> m_lost;     //!< What Send() returns
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_SEGMENT_LOSSES_H */
