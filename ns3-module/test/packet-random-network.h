/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_RANDOM_NETWORK_H
#define MURMURATION_PACKET_RANDOM_NETWORK_H

#include "ns3/edge-underlay.h"
#include "ns3/underlay.h"

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{
namespace test
{

/**
 * @brief A network drawn from a seed: an access network, cables or routers with parallel links;
 * unlike rates and delays, none among them; queues of every kind; losses up to 30 % and jitter.
 */
class RandomNetwork
{
  public:
    /**
     * @brief Draw a network.
     * @param seed what to draw from
     */
    explicit RandomNetwork(uint32_t seed);

    /**
     * @brief Draw a number.
     * @param below what it is below; 0 gives 0
     * @return the number
     */
    uint32_t Draw(uint32_t below);

    /**
     * @brief Have links change at random times, and all of them be up from some time on.
     * @param nChanges how many changes
     * @param lastMs when all are up, in ms
     */
    void ScheduleChanges(uint32_t nChanges, uint32_t lastMs);

    /** @return the underlay */
    Ptr<Underlay> GetUnderlay() const
    {
        return m_underlay;
    }

    /** @return pairs of nodes that there are routes for; at least one */
    const std::vector<std::pair<uint32_t, uint32_t>>& GetPairs() const
    {
        return m_pairs;
    }

  private:
    void MakeWan(uint32_t nNodes);    //!< Uplinks and downlinks
    void MakeEdges(uint32_t nNodes);  //!< Cables between nodes
    void MakeRouted(uint32_t nNodes); //!< A ring of routers, with chords and parallel links

    /** @return a state of a link, up */
    Underlay::Link DrawLink();

    /** Change a link. */
    void ChangeOne();

    std::mt19937 m_random;                              //!< What is drawn from
    Ptr<Underlay> m_underlay;                           //!< The network
    std::vector<std::pair<uint32_t, uint32_t>> m_pairs; //!< Who may send to whom
};

} // namespace test
} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_RANDOM_NETWORK_H */
