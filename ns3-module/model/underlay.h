/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_UNDERLAY_H
#define MURMURATION_UNDERLAY_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief What the bytes travel over: directed links of a rate each, and for every ordered pair of
 * nodes the links and the latency of its path.
 *
 * An underlay is a description. The analytic transports read it as it is; the packet-level
 * transport runs over the devices and channels that a helper builds from it. So one description
 * serves every fidelity.
 */
class Underlay : public Object
{
  public:
    /** @brief The path of one ordered pair of nodes. */
    struct Route
    {
        Time latency;                //!< One-way propagation delay over the whole path
        std::vector<uint32_t> links; //!< Directed links in the order of travel
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    Underlay();
    ~Underlay() override;

    /** @return how many nodes can send and receive, numbered from 0 */
    virtual uint32_t GetNNodes() const = 0;

    /** @return how many directed links there are, numbered from 0 */
    virtual uint32_t GetNLinks() const = 0;

    /**
     * @brief The rate of a link.
     * @param link the link
     * @return its rate
     */
    virtual DataRate GetLinkRate(uint32_t link) const = 0;

    /**
     * @brief Whether messages can travel from one node to another.
     * @param from the sending node
     * @param to the receiving node
     * @return true if GetRoute() has an answer
     */
    virtual bool HasRoute(uint32_t from, uint32_t to) const = 0;

    /**
     * @brief The path from one node to another; aborts where there is none.
     * @param from the sending node
     * @param to the receiving node
     * @return links and latency
     */
    virtual Route GetRoute(uint32_t from, uint32_t to) const = 0;
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_UNDERLAY_H */
