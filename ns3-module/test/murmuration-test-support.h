/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TEST_SUPPORT_H
#define MURMURATION_TEST_SUPPORT_H

#include "ns3/message-transport.h"
#include "ns3/node-container.h"
#include "ns3/routed-underlay.h"
#include "ns3/wan-underlay.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{
namespace test
{

/** Sizes of IPv4 packets: SYN with window scale, SACK and timestamp options; ACK with timestamps;
 * full segment. */
constexpr double SYN_BYTES = 56;
constexpr double ACK_BYTES = 52;
constexpr double SEGMENT_BYTES = 1500;

/**
 * @brief How long a packet takes over the idle links of a path, each of which stores and forwards
 * it.
 * @param bytes its size
 * @param ratesBps rates of the links
 * @param latency one-way, in seconds
 * @return seconds
 */
double PathTime(double bytes, const std::vector<double>& ratesBps, double latency);

/**
 * @brief Make a wide-area underlay of equal nodes, with the same latency between any two.
 * @param nNodes how many nodes
 * @param up rate of each uplink
 * @param down rate of each downlink
 * @param latency one-way, between any two nodes
 * @return the underlay
 */
Ptr<WanUnderlay> MakeWan(uint32_t nNodes,
                         const std::string& up,
                         const std::string& down,
                         Time latency);

/** @brief Best paths between all routers by Floyd and Warshall: slow, and plainly right. */
class AllPaths
{
  public:
    /** Sum of delays in ns, then links. */
    typedef std::pair<int64_t, int64_t> Distance;

    static constexpr Distance FAR{int64_t{1} << 60, 0}; //!< No path

    /**
     * @brief Find the paths of least delay, and of fewest links among equals.
     * @param underlay routers and core links
     */
    explicit AllPaths(Ptr<const RoutedUnderlay> underlay);

    /**
     * @brief How far it is.
     * @param from a router
     * @param to another
     * @return delay and number of links of the best path; at least FAR if there is none
     */
    const Distance& Get(uint32_t from, uint32_t to) const;

    /**
     * @brief A RoutedUnderlay::RouteSearch.
     * @param destination where to go
     * @return by router, the links that begin a best path there
     */
    std::vector<NextHops::Group> FindLinks(uint32_t destination) const;

  private:
    Ptr<const RoutedUnderlay> m_underlay;           //!< What was given
    std::vector<std::vector<Distance>> m_distances; //!< [from][to]
};

/**
 * @brief Choose the routes of least delay.
 * @param underlay complete but for them
 */
void ChooseRoutes(Ptr<RoutedUnderlay> underlay);

/** @brief How a message ended. */
struct Outcome
{
    uint64_t id;        //!< The message
    int64_t nanosecond; //!< When
    std::string reason; //!< Why it failed; empty if it was delivered

    /**
     * @brief Compare all that there is.
     * @param other the other
     * @return whether both are the same
     */
    bool operator==(const Outcome& other) const;
};

/** @brief Writes down how the messages of a transport end, in order. */
class Recorder
{
  public:
    /**
     * @brief Set both callbacks of a transport.
     * @param transport the transport; must not outlive this object's use
     */
    explicit Recorder(Ptr<MessageTransport> transport);

    std::vector<Outcome> outcomes; //!< In the order of ending
    std::vector<Message> messages; //!< The same, as the callbacks got them

  private:
    void Delivered(const Message& message);                         //!< Delivery callback
    void Failed(const Message& message, const std::string& reason); //!< Failure callback
};

/**
 * @brief CUBIC's response to random losses: the mean window of a long transfer, one that is not
 * raised to Reno's.
 *
 * sqrt((1.19 (R / p)^(3/4))^2 + 2.5^2), a power law [Poojary, 2015] whose factor for C = 0.4 and
 * beta = 0.7 is 1.30, and 1.19 with the fast convergence that is on in ns-3 and Linux; periodic
 * losses give 1.054 [RFC 8312, section 5.1]. 2.5 is fitted: ns-3 does not reduce the window below
 * two segments.
 * @param roundTrip R, in seconds
 * @param loss p, the probability that a segment is lost
 * @return segments
 */
double CubicResponse(double roundTrip, double loss);

/**
 * @brief Run something that must abort, in a child process.
 * @param action what to run
 * @return what it wrote to the standard error stream; empty if it did not abort
 */
std::string AbortText(const std::function<void()>& action);

/**
 * @brief Whether a text contains another.
 * @param text the text
 * @param part what to look for
 * @return true if it is there
 */
bool Contains(const std::string& text, const std::string& part);

} // namespace test
} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TEST_SUPPORT_H */
