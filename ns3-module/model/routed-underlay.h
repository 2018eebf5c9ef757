/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_ROUTED_UNDERLAY_H
#define MURMURATION_ROUTED_UNDERLAY_H

#include "next-hops.h"
#include "underlay.h"

#include <deque>
#include <functional>
#include <unordered_map>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Routers joined by links, and nodes attached to routers.
 *
 *     node --uplink--> router --> ... core links ... --> router --downlink--> node
 *
 * A node has an access link, a rate and a delay each way; or none, and then the node is the router,
 * of which there can be one each. Messages take the paths that a search of the caller's finds best
 * (ChooseRoutes()): a link that changes later does not move them. Pairs of nodes are spread over
 * equally good paths, each ordered pair keeping to one (see NextHops).
 *
 * Memory grows with routers x routers that have nodes, not with nodes x nodes.
 */
class RoutedUnderlay : public Underlay
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Add a router.
     * @param name what to call it; empty: "router" and its number
     * @return its number, counted from 0
     */
    uint32_t AddRouter(const std::string& name = "");

    /**
     * @brief Add a link from one router to another, in this direction only; aborts if a router does
     * not exist, if both are one, or if the state is impossible.
     * @param from where it begins
     * @param to where it ends
     * @param state its first state
     * @return the link
     */
    uint32_t AddCoreLink(uint32_t from, uint32_t to, const Link& state);

    /**
     * @brief Add a node with an access link; aborts if there is no such router or if a state is
     * impossible.
     * @param router the router at the other end
     * @param up first state of the link from the node
     * @param down first state of the link to the node
     * @return the node
     */
    uint32_t AddNode(uint32_t router, const Link& up, const Link& down);

    /**
     * @brief Add a node that is a router; aborts if there is no such router or if another node is
     * that router already.
     * @param router the router
     * @return the node
     */
    uint32_t AddNode(uint32_t router);

    /**
     * @brief What finds routes: for every router, the core links of it that begin a best path to a
     * destination, ascending; none at the destination itself and where no path leads there.
     */
    typedef std::function<std::vector<NextHops::Group>(uint32_t destination)> RouteSearch;

    /**
     * @brief Choose all routes. Must be called once, after routers, links and nodes were added;
     * aborts if a search finds what is no core link of its router.
     * @param search run once for each router that has nodes, in the order of the nodes
     */
    void ChooseRoutes(const RouteSearch& search);

    /** @return how many routers there are */
    uint32_t GetNRouters() const;

    /**
     * @brief The router that a node is attached to.
     * @param node the node
     * @return its router
     */
    uint32_t GetRouter(uint32_t node) const;

    /**
     * @brief The link from a node to its router.
     * @param node the node
     * @return the link; NO_LINK if the node is the router
     */
    uint32_t GetUplink(uint32_t node) const;

    /**
     * @brief The link to a node from its router.
     * @param node the node
     * @return the link; NO_LINK if the node is the router
     */
    uint32_t GetDownlink(uint32_t node) const;

    /**
     * @brief The link that a router sends the packets of a pair of nodes to.
     * @param router the router
     * @param from the sending node
     * @param to the receiving node, at another router
     * @return the link; NO_LINK if none leads there
     */
    uint32_t GetNextLink(uint32_t router, uint32_t from, uint32_t to) const;

    /**
     * @brief Where a link between routers begins.
     * @param link the link
     * @return the router
     */
    uint32_t GetBegin(uint32_t link) const;

    /**
     * @brief Where a link between routers ends.
     * @param link the link
     * @return the router
     */
    uint32_t GetEnd(uint32_t link) const;

    uint32_t GetNNodes() const override;
    uint32_t GetOpposite(uint32_t link) const override;
    LinkPlace GetLinkPlace(uint32_t link) const override;
    std::string GetLinkName(uint32_t link) const override;
    bool HasRoute(uint32_t from, uint32_t to) const override;
    Route GetRoute(uint32_t from, uint32_t to) const override;

  private:
    /** @brief What a link joins. */
    struct Ends
    {
        LinkPlace place; //!< Tells what the other two are
        uint32_t from;   //!< A node for an uplink, else a router
        uint32_t to;     //!< A node for a downlink, else a router
    };

    /** @brief How a node is attached. */
    struct Attachment
    {
        uint32_t router; //!< Its router
        uint32_t up;     //!< Its uplink or NO_LINK
        uint32_t down;   //!< Its downlink or NO_LINK
    };

    /**
     * @brief Abort unless a router exists.
     * @param where the method that was called
     * @param router its number
     */
    void CheckRouter(const char* where, uint32_t router) const;

    /**
     * @brief Abort unless all that a search has found is core links of their routers.
     * @param found links by router
     */
    void CheckFound(const std::vector<NextHops::Group>& found) const;

    /**
     * @brief Add a link and remember what it joins.
     * @param ends what it joins
     * @param state its first state
     * @return the link
     */
    uint32_t Add(const Ends& ends, const Link& state);

    /**
     * @brief A name for people.
     * @param ends what a link joins
     * @return the name of the link
     */
    std::string Describe(const Ends& ends) const;

    /**
     * @brief Take down a node.
     * @param node how it is attached
     * @return its number
     */
    uint32_t Attach(const Attachment& node);

    std::vector<std::string> m_routers; //!< Names
    std::vector<Ends> m_ends;           //!< By link
    std::vector<Attachment> m_nodes;    //!< By node
    std::vector<bool> m_isNode;         //!< By router: whether a node is that router
    std::vector<uint32_t> m_opposites;  //!< By link between routers: the one that leads back
    std::unordered_map<uint64_t, std::deque<uint32_t>> m_unpaired; //!< Core links without one
    NextHops m_nextHops;                                           //!< Routes
    bool m_hasRoutes{false};                                       //!< Whether they are chosen
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_ROUTED_UNDERLAY_H */
