/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_LATENCY_MODEL_H
#define MURMURATION_LATENCY_MODEL_H

#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The one-way propagation delay from any node to any other.
 */
class LatencyModel : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    ~LatencyModel() override;

    /**
     * @brief The one-way propagation delay between two nodes.
     * @param from the sending node
     * @param to the receiving node
     * @return the delay, not negative
     */
    virtual Time GetLatency(uint32_t from, uint32_t to) const = 0;
};

/**
 * @ingroup murmuration
 * @brief The same latency between any two nodes.
 */
class ConstantLatencyModel : public LatencyModel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    Time GetLatency(uint32_t from, uint32_t to) const override;

  private:
    Time m_latency; //!< Between any two nodes
};

/**
 * @ingroup murmuration
 * @brief A core of no extent: each node has the latency of its access link, and two nodes are
 * apart by the sum of theirs.
 */
class AccessLatencyModel : public LatencyModel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the access latencies; aborts if one is negative.
     * @param latencies one per node
     */
    void SetLatencies(const std::vector<Time>& latencies);

    Time GetLatency(uint32_t from, uint32_t to) const override;

  private:
    std::vector<Time> m_latencies; //!< By node
};

/**
 * @ingroup murmuration
 * @brief Latencies between regions, R x R, and the region of each node.
 *
 * With one region per node this is a full matrix. The matrix need not be symmetric; its diagonal
 * is the latency between two nodes of one region.
 */
class MatrixLatencyModel : public LatencyModel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the latencies between regions and the region of each node; aborts unless the
     * matrix is square, no latency is negative and every region exists.
     * @param latencies one-way, [from region][to region]
     * @param regions the region of each node, 0 ... R-1
     */
    void SetRegions(const std::vector<std::vector<Time>>& latencies,
                    const std::vector<uint32_t>& regions);

    /**
     * @brief Set the latencies between nodes: one region per node.
     * @param latencies one-way, [from node][to node]
     */
    void SetMatrix(const std::vector<std::vector<Time>>& latencies);

    Time GetLatency(uint32_t from, uint32_t to) const override;

  private:
    std::vector<std::vector<Time>> m_latencies; //!< [from region][to region]
    std::vector<uint32_t> m_regions;            //!< By node
};

/**
 * @ingroup murmuration
 * @brief Latencies from network coordinates: two nodes are apart by their Euclidean distance in
 * the plane plus the heights of both, as in Vivaldi [Dabek, 2004], section 2.6.
 *
 * The height stands for the access link. Coordinates fitted to round-trip times must be halved.
 *
 * - [Dabek, 2004] F. Dabek, R. Cox, F. Kaashoek and R. Morris. Vivaldi: a decentralized network
 *   coordinate system. SIGCOMM 2004.
 */
class CoordinateLatencyModel : public LatencyModel
{
  public:
    /** @brief The place of one node. All values are one-way delays in seconds. */
    struct Coordinate
    {
        double x{0};      //!< First axis of the plane
        double y{0};      //!< Second axis of the plane
        double height{0}; //!< Delay to reach the plane, not negative
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the coordinates; aborts if one is not finite or a height is negative.
     * @param coordinates one per node
     */
    void SetCoordinates(const std::vector<Coordinate>& coordinates);

    Time GetLatency(uint32_t from, uint32_t to) const override;

  private:
    std::vector<Coordinate> m_coordinates; //!< By node
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_LATENCY_MODEL_H */
