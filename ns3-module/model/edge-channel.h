/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_EDGE_CHANNEL_H
#define MURMURATION_EDGE_CHANNEL_H

#include "edge-underlay.h"
#include "link-propagation.h"

#include "ns3/point-to-point-net-device.h"
// Not self-contained: it needs the header of the device first.
#include "ns3/point-to-point-channel.h"
#include "ns3/traced-callback.h"

#include <array>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A point-to-point channel whose two directions follow an edge of an EdgeUnderlay, also when
 * that changes: the rates of the devices, delays, jitter and loss.
 *
 * Each direction has its own state. While it is down, what is sent on it is lost, as on a cable
 * that is cut. The attribute Delay is that of the latest packet, of either direction.
 */
class EdgeChannel : public PointToPointChannel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    EdgeChannel();
    ~EdgeChannel() override;

    /**
     * @brief Follow an edge. Must be called once, when both devices are attached, that of the
     * edge's first end first.
     * @param underlay the underlay
     * @param edge the edge
     */
    void SetUnderlayEdge(Ptr<EdgeUnderlay> underlay, uint32_t edge);

    bool TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime) override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Give the device that sends in one direction the rate that the direction has now.
     * @param direction 0 from the first end, 1 from the second
     */
    void SetDeviceRate(uint32_t direction);

    /**
     * @brief Count a packet that is lost, by chance or by the queue of the sending device.
     * @param direction 0 from the first device to the second, 1 back
     * @param packet the packet
     */
    void NoteLoss(uint32_t direction, Ptr<const Packet> packet);

    Ptr<EdgeUnderlay> m_underlay;                  //!< Knows the state of both directions
    uint32_t m_edge{0};                            //!< The edge of the underlay
    std::array<LinkPropagation, 2> m_propagation;  //!< By direction
    TracedCallback<Ptr<const Packet>> m_lossTrace; //!< Trace source Loss
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_EDGE_CHANNEL_H */
