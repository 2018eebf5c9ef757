/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "latency-model.h"

#include "ns3/abort.h"
#include "ns3/log.h"

#include <cmath>
#include <cstddef>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLatencyModel");

NS_OBJECT_ENSURE_REGISTERED(LatencyModel);
NS_OBJECT_ENSURE_REGISTERED(ConstantLatencyModel);
NS_OBJECT_ENSURE_REGISTERED(AccessLatencyModel);
NS_OBJECT_ENSURE_REGISTERED(MatrixLatencyModel);
NS_OBJECT_ENSURE_REGISTERED(CoordinateLatencyModel);

namespace
{

/**
 * Abort unless a model has a value for a node.
 * @param where the model
 * @param node the node
 * @param nNodes how many nodes the model has values for
 */
void
CheckNode(const char* where, uint32_t node, std::size_t nNodes)
{
    NS_ABORT_MSG_IF(node >= nNodes,
                    where << ": no latency for this node, got " << node << ", allowed below "
                          << nNodes);
}

} // namespace

TypeId
LatencyModel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::LatencyModel").SetParent<Object>().SetGroupName("Murmuration");
    return tid;
}

LatencyModel::~LatencyModel() = default;

TypeId
ConstantLatencyModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::ConstantLatencyModel")
                            .SetParent<LatencyModel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<ConstantLatencyModel>()
                            .AddAttribute("Latency",
                                          "One-way delay between any two nodes.",
                                          TimeValue(MilliSeconds(0)),
                                          MakeTimeAccessor(&ConstantLatencyModel::m_latency),
                                          MakeTimeChecker(Time(0)));
    return tid;
}

Time
ConstantLatencyModel::GetLatency(uint32_t /* from */, uint32_t /* to */) const
{
    return m_latency;
}

TypeId
AccessLatencyModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::AccessLatencyModel")
                            .SetParent<LatencyModel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<AccessLatencyModel>();
    return tid;
}

void
AccessLatencyModel::SetLatencies(const std::vector<Time>& latencies)
{
    NS_LOG_FUNCTION(this << latencies.size());
    for (std::size_t node = 0; node < latencies.size(); ++node)
    {
        NS_ABORT_MSG_IF(latencies[node].IsStrictlyNegative(),
                        "AccessLatencyModel::SetLatencies: negative latency of node "
                            << node << ", got " << latencies[node].As(Time::MS)
                            << ", allowed 0 or more");
    }
    m_latencies = latencies;
}

Time
AccessLatencyModel::GetLatency(uint32_t from, uint32_t to) const
{
    CheckNode("AccessLatencyModel::GetLatency", from, m_latencies.size());
    CheckNode("AccessLatencyModel::GetLatency", to, m_latencies.size());
    return m_latencies[from] + m_latencies[to];
}

TypeId
MatrixLatencyModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::MatrixLatencyModel")
                            .SetParent<LatencyModel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<MatrixLatencyModel>();
    return tid;
}

void
MatrixLatencyModel::SetRegions(const std::vector<std::vector<Time>>& latencies,
                               const std::vector<uint32_t>& regions)
{
    NS_LOG_FUNCTION(this << latencies.size() << regions.size());
    for (std::size_t row = 0; row < latencies.size(); ++row)
    {
        NS_ABORT_MSG_IF(latencies[row].size() != latencies.size(),
                        "MatrixLatencyModel::SetRegions: the matrix is not square, got "
                            << latencies[row].size() << " entries in row " << row << ", allowed "
                            << latencies.size());
        for (const auto& latency : latencies[row])
        {
            NS_ABORT_MSG_IF(latency.IsStrictlyNegative(),
                            "MatrixLatencyModel::SetRegions: negative latency in row "
                                << row << ", got " << latency.As(Time::MS)
                                << ", allowed 0 or more");
        }
    }
    for (std::size_t node = 0; node < regions.size(); ++node)
    {
        NS_ABORT_MSG_IF(regions[node] >= latencies.size(),
                        "MatrixLatencyModel::SetRegions: no such region at node "
                            << node << ", got " << regions[node] << ", allowed below "
                            << latencies.size());
    }
    m_latencies = latencies;
    m_regions = regions;
}

void
MatrixLatencyModel::SetMatrix(const std::vector<std::vector<Time>>& latencies)
{
    NS_LOG_FUNCTION(this << latencies.size());
    std::vector<uint32_t> regions(latencies.size());
    for (std::size_t node = 0; node < regions.size(); ++node)
    {
        regions[node] = static_cast<uint32_t>(node);
    }
    SetRegions(latencies, regions);
}

Time
MatrixLatencyModel::GetLatency(uint32_t from, uint32_t to) const
{
    CheckNode("MatrixLatencyModel::GetLatency", from, m_regions.size());
    CheckNode("MatrixLatencyModel::GetLatency", to, m_regions.size());
    return m_latencies[m_regions[from]][m_regions[to]];
}

TypeId
CoordinateLatencyModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::CoordinateLatencyModel")
                            .SetParent<LatencyModel>()
                            .SetGroupName("Murmuration")
                            .AddConstructor<CoordinateLatencyModel>();
    return tid;
}

void
CoordinateLatencyModel::SetCoordinates(const std::vector<Coordinate>& coordinates)
{
    NS_LOG_FUNCTION(this << coordinates.size());
    for (std::size_t node = 0; node < coordinates.size(); ++node)
    {
        const auto& [x, y, height] = coordinates[node];
        NS_ABORT_MSG_IF(!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(height) ||
                            height < 0,
                        "CoordinateLatencyModel::SetCoordinates: no place for node "
                            << node << ", got (" << x << ", " << y << ", height " << height
                            << "), allowed finite values and heights of 0 or more");
    }
    m_coordinates = coordinates;
}

Time
CoordinateLatencyModel::GetLatency(uint32_t from, uint32_t to) const
{
    CheckNode("CoordinateLatencyModel::GetLatency", from, m_coordinates.size());
    CheckNode("CoordinateLatencyModel::GetLatency", to, m_coordinates.size());
    const Coordinate& a = m_coordinates[from];
    const Coordinate& b = m_coordinates[to];
    const double seconds = std::hypot(a.x - b.x, a.y - b.y) + a.height + b.height;
    return NanoSeconds(std::llround(seconds * 1e9));
}

} // namespace murmuration
} // namespace ns3
