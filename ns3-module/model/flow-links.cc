/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-links.h"

#include "ns3/log.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowLinks");

FlowLinks::FlowLinks(Ptr<Underlay> underlay)
    : m_underlay(underlay),
      m_links(underlay->GetNLinks())
{
    NS_LOG_FUNCTION(this << underlay);
    for (uint32_t link = 0; link < m_links.size(); ++link)
    {
        Change(link, -1);
    }
    m_nChanges = 0;
}

void
FlowLinks::ReadQueues(const Defaults& defaults)
{
    NS_LOG_FUNCTION(this);
    for (uint32_t link = 0; link < m_links.size(); ++link)
    {
        FlowLink& read = m_links[link];
        const LinkQueue& queue = m_underlay->GetQueue(link);
        if (queue == LinkQueue{})
        {
            read.limit = defaults.limit * defaults.segment;
            read.isInTurn =
                defaults.isInTurn && m_underlay->GetLinkPlace(link) == Underlay::LinkPlace::UPLINK;
            read.interval = read.isInTurn ? defaults.interval : FlowLink::NEVER;
            continue;
        }
        const QueueSize size = queue.GetMaxSize(m_underlay->GetLink(link).rate);
        const bool isAtHost = queue.place == LinkQueue::Place::AT_HOST;
        const bool isFair = queue.discipline == LinkQueue::Discipline::FQ_CODEL;
        read.isInTurn = isAtHost || isFair;
        // What a host holds back never comes to the queue.
        read.limit = isAtHost ? FlowLink::NEVER
                     : size.GetUnit() == QueueSizeUnit::PACKETS
                         ? size.GetValue() * defaults.segment
                         : static_cast<double>(size.GetValue());
        read.target = isFair ? queue.target.GetSeconds() : FlowLink::NEVER;
        read.interval = isFair ? queue.interval.GetSeconds() : FlowLink::NEVER;
    }
}

void
FlowLinks::Change(uint32_t link, double now)
{
    NS_LOG_FUNCTION(this << link << now);
    const Underlay::Link& state = m_underlay->GetLink(link);
    FlowLink& read = m_links[link];
    if (state.isUp != read.isUp)
    {
        m_nDown += state.isUp ? -1 : 1;
    }
    read.rate = static_cast<double>(state.rate.GetBitRate()) / 8;
    read.delay = state.delay.GetSeconds();
    read.isUp = state.isUp;
    read.changed = now;
    ++m_nChanges;
}

std::size_t
FlowLinks::GetN() const
{
    return m_links.size();
}

double
FlowLinks::GetCapacity(uint32_t link) const
{
    // What is lost by chance has been transmitted, and is again.
    return m_links[link].isUp ? m_links[link].rate * (1 - m_underlay->GetLink(link).loss) : 0;
}

bool
FlowLinks::AreUp(const std::vector<uint32_t>& links) const
{
    return std::all_of(links.begin(), links.end(), [this](uint32_t link) {
        return m_links[link].isUp;
    });
}

bool
FlowLinks::HaveChanged(const std::vector<uint32_t>& links, double since) const
{
    // Most networks stay as they are.
    return m_nChanges > 0 && std::any_of(links.begin(), links.end(), [this, since](uint32_t link) {
               return m_links[link].changed >= since;
           });
}

} // namespace murmuration
} // namespace ns3
