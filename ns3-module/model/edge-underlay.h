/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_EDGE_UNDERLAY_H
#define MURMURATION_EDGE_UNDERLAY_H

#include "underlay.h"

#include <unordered_map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Point-to-point links: one full-duplex link per undirected edge, and routes between the
 * two ends of an edge only.
 *
 * Edge e is the directed links 2e (from its first end to its second) and 2e + 1 (back).
 */
class EdgeUnderlay : public Underlay
{
  public:
    /** @brief One full-duplex link. */
    struct Edge
    {
        uint32_t first;  //!< One end
        uint32_t second; //!< The other end
        DataRate rate;   //!< In each direction
        Time latency;    //!< One-way propagation delay
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Construct an underlay without links.
     * @param nNodes how many nodes it has
     */
    explicit EdgeUnderlay(uint32_t nNodes);

    /**
     * @brief Add an edge; aborts if an end does not exist, if both ends are one node or are linked
     * already, if the rate is 0 or if the latency is negative.
     * @param edge the edge
     * @return its number, counted from 0
     */
    uint32_t AddEdge(const Edge& edge);

    /** @return how many edges there are */
    uint32_t GetNEdges() const;

    /**
     * @brief One edge as it was added.
     * @param edge its number
     * @return its ends, first rate and first latency
     */
    const Edge& GetEdge(uint32_t edge) const;

    uint32_t GetNNodes() const override;
    uint32_t GetOpposite(uint32_t link) const override;
    LinkPlace GetLinkPlace(uint32_t link) const override;
    std::string GetLinkName(uint32_t link) const override;
    bool HasRoute(uint32_t from, uint32_t to) const override;
    Route GetRoute(uint32_t from, uint32_t to) const override;

  private:
    uint32_t m_nNodes;                              //!< How many nodes there are
    std::vector<Edge> m_edges;                      //!< In the order of AddEdge()
    std::unordered_map<uint64_t, uint32_t> m_links; //!< Directed link by (from << 32 | to)
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_EDGE_UNDERLAY_H */
