/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_WAN_UNDERLAY_H
#define MURMURATION_WAN_UNDERLAY_H

#include "latency-model.h"
#include "underlay.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A wide-area network seen from its edge: every node has an uplink and a downlink, and the
 * core between them has a latency for every pair but no limit.
 *
 *     node i --up rate--> [ core: latency(i, j) ] --down rate--> node j
 *
 * Directed link 2i is the uplink of node i, link 2i + 1 its downlink; their delays add to the
 * latency of the core.
 */
class WanUnderlay : public Underlay
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Add a node; aborts if a rate is 0.
     * @param up rate of its uplink
     * @param down rate of its downlink
     * @return its number, counted from 0
     */
    uint32_t AddNode(DataRate up, DataRate down);

    /**
     * @brief Set the latencies between the nodes.
     * @param model the model; it must know every node
     */
    void SetLatencyModel(Ptr<LatencyModel> model);

    /**
     * @brief Change the rate of an uplink; aborts if it is 0.
     * @param node the node
     * @param rate its new rate
     */
    void SetUpRate(uint32_t node, DataRate rate);

    /**
     * @brief Change the rate of a downlink; aborts if it is 0.
     * @param node the node
     * @param rate its new rate
     */
    void SetDownRate(uint32_t node, DataRate rate);

    /**
     * @brief The rate of an uplink.
     * @param node the node
     * @return its present rate
     */
    DataRate GetUpRate(uint32_t node) const;

    /**
     * @brief The rate of a downlink.
     * @param node the node
     * @return its present rate
     */
    DataRate GetDownRate(uint32_t node) const;

    /**
     * @brief The propagation delay from one node to another; aborts if no latency model was set.
     * @param from the sending node
     * @param to the receiving node
     * @return the one-way delay: uplink, core and downlink
     */
    Time GetLatency(uint32_t from, uint32_t to) const;

    /**
     * @brief The propagation delay of the core alone; aborts if no latency model was set.
     * @param from the sending node
     * @param to the receiving node
     * @return the one-way delay
     */
    Time GetCoreLatency(uint32_t from, uint32_t to) const;

    /**
     * @brief The uplink of a node.
     * @param node the node
     * @return the directed link
     */
    static uint32_t GetUplink(uint32_t node);

    /**
     * @brief The downlink of a node.
     * @param node the node
     * @return the directed link
     */
    static uint32_t GetDownlink(uint32_t node);

    uint32_t GetNNodes() const override;
    uint32_t GetOpposite(uint32_t link) const override;
    LinkPlace GetLinkPlace(uint32_t link) const override;
    std::string GetLinkName(uint32_t link) const override;
    bool HasRoute(uint32_t from, uint32_t to) const override;
    Route GetRoute(uint32_t from, uint32_t to) const override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Change the rate of a link.
     * @param link the link
     * @param rate its new rate
     */
    void SetLinkRate(uint32_t link, DataRate rate);

    Ptr<LatencyModel> m_latency; //!< Between the nodes
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_WAN_UNDERLAY_H */
