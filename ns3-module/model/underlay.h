/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_UNDERLAY_H
#define MURMURATION_UNDERLAY_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief What the bytes travel over: directed links of a rate and a delay each, and for every
 * ordered pair of nodes the links of its path.
 *
 * An underlay is a description. The analytic transports read it as it is; the packet-level
 * transport runs over the devices and channels that a helper builds from it. So one description
 * serves every fidelity. Links may change at run time; whoever needs to know of it listens to the
 * trace source LinkChanged.
 */
class Underlay : public Object
{
  public:
    /** In place of a link that does not exist. */
    static constexpr uint32_t NO_LINK = UINT32_MAX;

    /** @brief What limits the bytes on one directed link. */
    struct Link
    {
        DataRate rate;   //!< Above 0
        Time delay;      //!< One-way propagation delay, not negative
        double loss{0};  //!< Probability that a packet is lost on it, 0 <= loss < 1
        bool isUp{true}; //!< Whether it carries anything at all
    };

    /** Where a link lies, as its nodes see it. */
    enum class LinkPlace
    {
        UPLINK,   //!< From a node
        DOWNLINK, //!< To a node
        CORE,     //!< Between others
    };

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
    uint32_t GetNLinks() const;

    /**
     * @brief The present state of a link; aborts if there is no such link.
     * @param link the link
     * @return what limits it
     */
    const Link& GetLink(uint32_t link) const;

    /**
     * @brief Change a link, now; aborts if there is no such link or the state is impossible.
     *
     * What is being transmitted on it packet by packet keeps the old rate, and the next packet sees
     * the new one. Fluid flows change their rate at once.
     *
     * @param link the link
     * @param state its new state
     */
    void SetLink(uint32_t link, const Link& state);

    /**
     * @brief The link that leads back: what acknowledges the bytes of the one travels on the other.
     * @param link the link
     * @return the other direction; NO_LINK if there is none
     */
    virtual uint32_t GetOpposite(uint32_t link) const = 0;

    /**
     * @brief Where a link lies.
     * @param link the link
     * @return its place
     */
    virtual LinkPlace GetLinkPlace(uint32_t link) const = 0;

    /**
     * @brief A name for people: the node or the two ends, and the direction.
     * @param link the link
     * @return such as "node 3 up" or "router 4 to router 7"
     */
    virtual std::string GetLinkName(uint32_t link) const = 0;

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

    /**
     * TracedCallback signature for links that have changed.
     * @param link the link; GetLink() tells its new state
     */
    typedef void (*LinkCallback)(uint32_t link);

  protected:
    /**
     * @brief Add a link; aborts if its state is impossible.
     * @param state its first state
     * @param name what to call it when its state is refused
     * @return its number
     */
    uint32_t AddLink(const Link& state, const std::string& name);

  private:
    std::vector<Link> m_links;                   //!< By link
    TracedCallback<uint32_t> m_linkChangedTrace; //!< Runs after each change
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_UNDERLAY_H */
