/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_LINKS_H
#define MURMURATION_FLOW_LINKS_H

#include "underlay.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A link of an underlay in numbers that are quick to reckon with.
 */
struct FlowLink
{
    static constexpr double NEVER = std::numeric_limits<double>::infinity(); //!< No such time

    /**
     * @brief What it carries while it is up, in bytes per second. Delays of queues are reckoned
     * with it at all times: those of a link that is down would have no end.
     */
    double rate{0};
    double delay{0};        //!< One-way propagation delay, in seconds
    double changed{-1};     //!< When it has changed last, in seconds
    bool isUp{true};        //!< Whether it carries anything
    bool isInTurn{false};   //!< Connections that wait for it are served in turn
    double limit{0};        //!< What waits for it at most, in bytes
    double target{NEVER};   //!< Of CoDel, in seconds: the least wait that is too long
    double interval{NEVER}; //!< Of CoDel, in seconds: how long it may be too long
};

/**
 * @ingroup murmuration
 * @brief The links of an underlay and their queues, as the flow level knows them.
 */
class FlowLinks
{
  public:
    /** What holds for all queues of which the underlay says nothing else. */
    struct Defaults
    {
        double segment{0};    //!< Bytes of a full segment
        double limit{0};      //!< Segments that wait at most
        bool isInTurn{false}; //!< Whether those of the nodes serve connections in turn
        double interval{0.1}; //!< Of CoDel there, in seconds
    };

    /**
     * @brief Read the links, but for their queues.
     * @param underlay their underlay
     */
    explicit FlowLinks(Ptr<Underlay> underlay);

    /**
     * @brief Read the queues: those that a host holds back its segments for, and FqCoDel's, serve
     * connections in turn.
     * @param defaults see there
     */
    void ReadQueues(const Defaults& defaults);

    /**
     * @brief A link has changed.
     * @param link the link
     * @param now the time in seconds
     */
    void Change(uint32_t link, double now);

    /**
     * @brief A link as it is now.
     * @param link its number
     * @return what is known of it
     */
    const FlowLink& operator[](uint32_t link) const;

    /** @return how many there are */
    std::size_t GetN() const;

    /**
     * @brief What a link carries now.
     * @param link the link
     * @return bytes per second; 0 if it is down
     */
    double GetCapacity(uint32_t link) const;

    /** @return whether a link is down */
    bool HasDown() const;

    /** @return how often a link has changed */
    uint64_t GetNChanges() const;

    /**
     * @brief Whether links are up.
     * @param links the links
     * @return true if all of them are
     */
    bool AreUp(const std::vector<uint32_t>& links) const;

    /**
     * @brief Whether a link has changed.
     * @param links the links
     * @param since a time in seconds
     * @return true if one of them has, at that time or later
     */
    bool HaveChanged(const std::vector<uint32_t>& links, double since) const;

  private:
    Ptr<Underlay> m_underlay;      //!< Whose links they are
    std::vector<FlowLink> m_links; //!< By link
    uint32_t m_nDown{0};           //!< Links that are down
    uint64_t m_nChanges{0};        //!< Changes so far
};

inline const FlowLink&
FlowLinks::operator[](uint32_t link) const
{
    return m_links[link];
}

inline bool
FlowLinks::HasDown() const
{
    return m_nDown > 0;
}

inline uint64_t
FlowLinks::GetNChanges() const
{
    return m_nChanges;
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_LINKS_H */
