/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "segment-losses.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationSegmentLosses");

SegmentLosses::SegmentLosses(Ptr<Underlay> underlay)
    : m_underlay(underlay),
      m_processes(underlay->GetNLinks())
{
    NS_LOG_FUNCTION(this << underlay);
}

void
SegmentLosses::Draw(Process& process)
{
    // 1 - u is above 0, and its logarithm finite.
    const double passing = std::log(1 - process.draw->GetValue(0, 1)) / std::log1p(-process.loss);
    process.passing = static_cast<uint64_t>(std::min(std::floor(passing), 1e18));
}

const std::vector<uint64_t>&
SegmentLosses::Send(const std::vector<uint32_t>& links, uint64_t count)
{
    m_lost.clear();
    for (const uint32_t link : links)
    {
        const double loss = m_underlay->GetLink(link).loss;
        if (loss == 0)
        {
            continue;
        }
        Process& process = m_processes[link];
        if (!process.draw)
        {
            process.draw = CreateObject<UniformRandomVariable>();
            if (const int64_t stream = m_underlay->GetStream(link); stream >= 0)
            {
                process.draw->SetStream(stream + 1);
            }
        }
        // What has passed so far tells nothing of what will.
        if (loss != process.loss)
        {
            NS_LOG_LOGIC("link " << link << " loses " << loss << " of its segments");
            process.loss = loss;
            Draw(process);
        }
        uint64_t sent = 0;
        while (process.passing < count - sent)
        {
            sent += process.passing;
            m_lost.push_back(sent++);
            Draw(process);
        }
        process.passing -= count - sent;
    }
    std::sort(m_lost.begin(), m_lost.end());
    m_lost.erase(std::unique(m_lost.begin(), m_lost.end()), m_lost.end());
    return m_lost;
}

bool
SegmentLosses::IsLost(const std::vector<uint32_t>& links)
{
    return !Send(links, 1).empty();
}

} // namespace murmuration
} // namespace ns3
