/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_UNDERLAY_H
#define MURMURATION_UNDERLAY_H

#include "link-meter.h"
#include "link-queue.h"

#include "ns3/callback.h"
#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
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
        Time jitter{};   //!< Most that is added to the delay by chance, not negative

        /**
         * @brief Compare all that there is.
         * @param other the other
         * @return whether both are the same
         */
        bool operator==(const Link& other) const;
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
     * @brief Say what waits in front of a link. To be called before a transport is made over the
     * underlay; aborts if there is no such link, if the queue is impossible, or if it is at the
     * host and the link is no uplink.
     * @param link the link
     * @param queue its queue
     */
    void SetQueue(uint32_t link, const LinkQueue& queue);

    /**
     * @brief What waits in front of a link; aborts if there is no such link.
     * @param link the link
     * @return its queue; a LinkQueue as it is constructed unless SetQueue() was called
     */
    const LinkQueue& GetQueue(uint32_t link) const;

    /**
     * @brief The link that leads back: what acknowledges the bytes of the one travels on the other.
     * @param link the link
     * @return the other direction; NO_LINK if there is none
     */
    virtual uint32_t GetOpposite(uint32_t link) const = 0;

    /**
     * @brief Set the one who is told of each change of a link, beside LinkChanged, which tells
     * everybody of every link. There is one device or channel that carries a link's packets.
     * @param link the link
     * @param listener runs after each change of it; null to tell nobody any more
     */
    void SetLinkListener(uint32_t link, Callback<void> listener);

    /**
     * @brief Assign fixed random stream numbers: two for each link. Must be called before the first
     * packet or message; otherwise streams are numbered in the order of their first use.
     * @param stream the first stream number
     * @return how many streams were assigned
     */
    int64_t AssignStreams(int64_t stream);

    /**
     * @brief The first random stream of a link, for its jitter; its losses have the next one.
     * @param link the link
     * @return the stream number; -1 if AssignStreams() was not called
     */
    int64_t GetStream(uint32_t link) const;

    /**
     * @brief Draw what is added to the delay of one packet, or one message, on a link.
     * @param link the link
     * @return a time that is uniform in [0, jitter)
     */
    Time DrawJitter(uint32_t link);

    /**
     * @brief Have everybody who uses a link tell the meter. To be called before the first packet or
     * message; without it nothing is measured, and nothing is spent on measuring.
     * @param nBins into how many parts to cut time, an even number above 0
     */
    void EnableMeter(uint32_t nBins);

    /** @return what the links have carried; null if EnableMeter() was not called */
    LinkMeter* GetMeter() const;

    /**
     * @brief Set who is asked to tell the meter all that it has not told yet, before anybody looks
     * at it: a transport that works off packets later than they are sent.
     * @param source told so by GetMeter(); null if nobody is to be asked
     */
    void SetMeterSource(Callback<void> source);

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
    void DoDispose() override;

    /**
     * @brief Add a link; aborts if its state is impossible.
     * @param state its first state
     * @param name what to call it when its state is refused
     * @return its number
     */
    uint32_t AddLink(const Link& state, const std::string& name);

  private:
    std::vector<Link> m_links;                             //!< By link
    std::vector<LinkQueue> m_queues;                       //!< By link
    std::vector<Callback<void>> m_listeners;               //!< By link; shorter if there are none
    std::vector<Ptr<UniformRandomVariable>> m_jitterDraws; //!< By link; shorter before first use
    std::unique_ptr<LinkMeter> m_meter;                    //!< Null if off
    Callback<void> m_meterSource;                          //!< Asked before it is looked at
    int64_t m_firstStream{-1};                             //!< Of link 0; -1 if not assigned
    TracedCallback<uint32_t> m_linkChangedTrace;           //!< Runs after each change
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_UNDERLAY_H */
