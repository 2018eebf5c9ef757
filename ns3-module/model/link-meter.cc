/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "link-meter.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationLinkMeter");

namespace
{

/** The width that bins begin with, in seconds: shorter than what anybody asks about. */
constexpr double FIRST_WIDTH = 1e-3;

/** @return the simulated time in seconds */
double
Now()
{
    return Simulator::Now().GetSeconds();
}

} // namespace

LinkMeter::LinkMeter(uint32_t nLinks, uint32_t nBins)
    : m_nBins(nBins),
      m_width(FIRST_WIDTH),
      m_totals(nLinks),
      m_bins(std::size_t{nLinks} * nBins, 0.0F)
{
    NS_LOG_FUNCTION(this << nLinks << nBins);
    NS_ABORT_MSG_IF(nBins == 0 || nBins % 2 != 0,
                    "LinkMeter: got " << nBins << " bins, allowed an even number above 0");
}

void
LinkMeter::AddTransmission(uint32_t link, uint64_t bytes, double seconds)
{
    AddTransmission(link, bytes, seconds, Now());
}

void
LinkMeter::AddTransmission(uint32_t link, uint64_t bytes, double seconds, double begin)
{
    m_totals[link].bytes += static_cast<double>(bytes);
    m_totals[link].busy += seconds;
    Spread(link, begin, begin + seconds, 1);
}

void
LinkMeter::SetFlow(uint32_t link, double bytesPerSecond, double share)
{
    SetFlow(link, bytesPerSecond, share, Now());
}

void
LinkMeter::SetFlow(uint32_t link, double bytesPerSecond, double share, double now)
{
    Total& total = m_totals[link];
    if (now > total.since)
    {
        total.bytes += total.rate * (now - total.since);
        total.busy += total.share * (now - total.since);
        Spread(link, total.since, now, total.share);
        total.since = now;
    }
    total.rate = bytesPerSecond;
    total.share = share;
}

void
LinkMeter::AddLoss(uint32_t link)
{
    ++m_totals.at(link).lost;
}

uint64_t
LinkMeter::GetLosses(uint32_t link) const
{
    return m_totals.at(link).lost;
}

double
LinkMeter::GetBytes(uint32_t link) const
{
    const Total& total = m_totals.at(link);
    return total.bytes + total.rate * (Now() - total.since);
}

double
LinkMeter::GetBusySeconds(uint32_t link) const
{
    const Total& total = m_totals.at(link);
    return total.busy + total.share * (Now() - total.since);
}

double
LinkMeter::GetBinWidth() const
{
    return m_width;
}

std::vector<double>
LinkMeter::GetBusyByBin(uint32_t link) const
{
    const Total& total = m_totals.at(link);
    const double now = Now();
    const double end = std::min<double>(m_nBins, now / m_width);
    std::vector<double> busy;
    for (uint32_t bin = 0; bin < end; ++bin)
    {
        const double begins = std::max(total.since, bin * m_width);
        const double ends = std::min(now, (bin + 1) * m_width);
        busy.push_back(m_bins[std::size_t{link} * m_nBins + bin] +
                       total.share * std::max(0.0, ends - begins));
    }
    return busy;
}

void
LinkMeter::Spread(uint32_t link, double begin, double end, double share)
{
    if (share == 0)
    {
        return;
    }
    Widen(end);
    float* const bins = &m_bins[std::size_t{link} * m_nBins];
    for (auto bin = static_cast<uint32_t>(begin / m_width); begin < end; ++bin)
    {
        // Rounding may put the end of the last bin an ulp before the end.
        const double next = bin + 1 < m_nBins ? std::min(end, (bin + 1) * m_width) : end;
        bins[bin] += static_cast<float>(share * (next - begin));
        begin = next;
    }
}

void
LinkMeter::Widen(double time)
{
    while (time > m_nBins * m_width)
    {
        for (std::size_t first = 0; first < m_bins.size(); first += m_nBins)
        {
            float* const bins = &m_bins[first];
            for (uint32_t bin = 0; bin < m_nBins / 2; ++bin)
            {
                bins[bin] = bins[2 * bin] + bins[2 * bin + 1];
            }
            std::fill(bins + m_nBins / 2, bins + m_nBins, 0.0F);
        }
        m_width *= 2;
        NS_LOG_LOGIC("bins are now " << m_width << " s wide");
    }
}

} // namespace murmuration
} // namespace ns3
