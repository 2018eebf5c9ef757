/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LINK_PROPAGATION_H
#define MURMURATION_LINK_PROPAGATION_H

#include "underlay.h"

#include "ns3/error-model.h"
#include "ns3/packet.h"

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief What becomes of packets between the two ends of a directed link: some are lost, and the
 * others arrive after delay and jitter, in the order in which they left.
 *
 *     arrival = max(departure + delay + jitter, arrival of the packet before)
 *
 * Delay, jitter and loss are those that the underlay has when a packet leaves. So a delay that
 * falls lets no packet overtake another one, and of a burst that is shorter than the jitter most
 * packets arrive close behind one that was delayed much.
 */
class LinkPropagation
{
  public:
    /**
     * @brief Set whose delay, jitter and loss there are.
     * @param underlay the underlay
     * @param link the directed link
     */
    void SetUnderlayLink(Ptr<Underlay> underlay, uint32_t link);

    /**
     * @brief Decide whether a packet is lost on the link, by a RateErrorModel per packet.
     * @param packet the packet
     * @return true if it is
     */
    bool IsLost(Ptr<Packet> packet);

    /**
     * @brief Decide when a packet arrives. Must be called in the order of departure.
     * @param untilDeparture when its last bit leaves, from now
     * @return how long after its departure its last bit arrives
     */
    Time DrawDelay(Time untilDeparture = Time(0));

    /** Let go of the underlay. */
    void Dispose();

  private:
    Ptr<Underlay> m_underlay;    //!< Knows delay, jitter and loss
    uint32_t m_link{0};          //!< The directed link in the underlay
    Ptr<RateErrorModel> m_error; //!< Loses packets; null before the first one that may be lost
    Time m_lastArrival{};        //!< When the packet before arrives
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LINK_PROPAGATION_H */
