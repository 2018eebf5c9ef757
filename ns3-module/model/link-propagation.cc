/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "link-propagation.h"

#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLinkPropagation");

void
LinkPropagation::SetUnderlayLink(Ptr<Underlay> underlay, uint32_t link)
{
    NS_LOG_FUNCTION(this << underlay << link);
    m_underlay = underlay;
    m_link = link;
}

bool
LinkPropagation::IsLost(Ptr<Packet> packet)
{
    const double loss = m_underlay->GetLink(m_link).loss;
    if (loss == 0)
    {
        return false;
    }
    if (!m_error)
    {
        const auto draws = CreateObject<UniformRandomVariable>();
        const int64_t stream = m_underlay->GetStream(m_link);
        draws->SetStream(stream < 0 ? stream : stream + 1);
        m_error = CreateObject<RateErrorModel>();
        m_error->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        m_error->SetRandomVariable(draws);
    }
    m_error->SetRate(loss);
    return m_error->IsCorrupt(packet);
}

Time
LinkPropagation::DrawDelay(Time untilDeparture)
{
    const Time departure = Simulator::Now() + untilDeparture;
    const Time delay = m_underlay->GetLink(m_link).delay + m_underlay->DrawJitter(m_link);
    m_lastArrival = std::max(m_lastArrival, departure + delay);
    return m_lastArrival - departure;
}

void
LinkPropagation::Dispose()
{
    NS_LOG_FUNCTION(this);
    m_underlay = nullptr;
    m_error = nullptr;
}

} // namespace murmuration
} // namespace ns3
