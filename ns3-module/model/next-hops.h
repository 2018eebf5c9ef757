/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_NEXT_HOPS_H
#define MURMURATION_NEXT_HOPS_H

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Where to go next from any router to any destination: the forwarding tables of a network.
 *
 * Where several links of a router begin an equally good path, flows are spread over them by a hash
 * of flow and router, as routers do with paths of equal cost [RFC 2992]: a flow keeps to one path,
 * and the answer depends on nothing but the links in their order.
 *
 * Memory is 4 bytes for each pair of a router and a destination.
 *
 * - [RFC 2992] C. Hopps. Analysis of an equal-cost multi-path algorithm. 2000.
 */
class NextHops
{
  public:
    /** Links of equal merit, ascending; none where no path begins. */
    typedef std::vector<uint32_t> Group;

    /** What GetNext() says where there is no path. */
    static constexpr uint32_t NONE = UINT32_MAX;

    /**
     * @brief Construct tables that lead nowhere.
     * @param nRouters how many routers there are
     */
    explicit NextHops(uint32_t nRouters = 0);

    /**
     * @brief Whether paths to a router have been added.
     * @param destination the router
     * @return true if they have
     */
    bool LeadTo(uint32_t destination) const;

    /**
     * @brief Add the paths from everywhere to a router.
     * @param destination the router, one that was not added before
     * @param links by router, those that begin a path there
     */
    void Add(uint32_t destination, const std::vector<Group>& links);

    /**
     * @brief The link that a flow takes next.
     * @param router where it is
     * @param destination a router that was added, another one
     * @param flow what to spread by, such as NodePairKey()
     * @return the link; NONE if no path leads there
     */
    uint32_t GetNext(uint32_t router, uint32_t destination, uint64_t flow) const;

  private:
    /**
     * @brief The number of a group, which it gets when it is met first.
     * @param group its links
     * @return the number
     */
    uint32_t Intern(const Group& group);

    std::vector<uint32_t> m_rows;      //!< Row of m_next by destination; NONE before Add()
    std::vector<uint32_t> m_next;      //!< [row][router]: a link, a marked group, or NONE
    std::vector<Group> m_groups;       //!< By number
    std::map<Group, uint32_t> m_known; //!< Number by group
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_NEXT_HOPS_H */
