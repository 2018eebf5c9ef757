/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "flow-handshakes.h"

#include "ns3/log.h"

#include <algorithm>
#include <cmath>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowHandshakes");

namespace
{

constexpr double SYN_TIMEOUT = 1;   //!< Seconds; doubles with each attempt
constexpr uint32_t SYN_LINEAR = 4;  //!< But for the first: net.ipv4.tcp_syn_linear_timeouts
constexpr uint32_t SYN_RETRIES = 6; //!< Of those that double: net.ipv4.tcp_syn_retries

} // namespace

FlowHandshakes::FlowHandshakes(const FlowLinks& links,
                               const FlowQueues& queues,
                               SegmentLosses& losses,
                               EventPool& events,
                               const FlowPath::Segment& segment,
                               OutcomeCallback ended)
    : m_links(links),
      m_queues(queues),
      m_losses(losses),
      m_events(events),
      m_segment(segment),
      m_ended(ended)
{
    NS_LOG_FUNCTION(this);
}

void
FlowHandshakes::Begin(FlowConnection& connection)
{
    NS_LOG_FUNCTION(this << connection.index);
    Pass({&connection, 0, m_events.GetSecondsNow()});
}

void
FlowHandshakes::Pass(const Handshake& handshake)
{
    const FlowPath& path = *handshake.connection->path;
    const uint32_t hop = handshake.hop;
    const std::size_t nForth = path.forth.size();
    if (hop == nForth + path.back.size())
    {
        End(handshake);
        return;
    }
    const uint32_t link = hop < nForth ? path.forth[hop] : path.back[hop - nForth];
    const FlowLink& state = m_links[link];
    if (!state.isUp)
    {
        NS_LOG_LOGIC("connection " << handshake.connection->index << " waits for link " << link);
        m_held.insert({link, handshake});
        return;
    }
    double time = m_segment.header / state.rate + state.delay;
    time += std::min(m_queues.GetPresentDelay(link, m_events.GetSecondsNow()),
                     state.limit / state.rate);
    if (hop == 0 || hop == nForth)
    {
        time += hop == 0 ? path.coreForth : path.coreBack;
    }
    m_events.Schedule(
        ToTime(time),
        [this, next = Handshake{handshake.connection, hop + 1, handshake.began}] { Pass(next); });
}

void
FlowHandshakes::End(const Handshake& handshake)
{
    FlowConnection& connection = *handshake.connection;
    const FlowPath& path = *connection.path;
    const bool isLossy = path.loss > 0 || path.lossBack > 0;
    if (!isLossy || (!m_losses.IsLost(path.forth) && !m_losses.IsLost(path.back)))
    {
        connection.handshake = m_events.GetSecondsNow() - handshake.began;
        NS_LOG_LOGIC("connection " << connection.index << " is open after " << connection.handshake
                                   << " s");
        m_ended(connection.index, Outcome::ANSWERED);
        return;
    }
    const uint32_t doubled = std::max(connection.nAttempts, SYN_LINEAR) - SYN_LINEAR;
    const double timeout = SYN_TIMEOUT * std::pow(2, doubled);
    const Time wait = ToTime(std::max(0.0, handshake.began + timeout - SecondsNow()));
    const Outcome outcome =
        ++connection.nAttempts > SYN_LINEAR + SYN_RETRIES ? Outcome::TIMED_OUT : Outcome::LOST;
    NS_LOG_LOGIC("connection " << connection.index << " loses attempt " << connection.nAttempts);
    m_events.Schedule(wait, [this, index = connection.index, outcome] { m_ended(index, outcome); });
}

void
FlowHandshakes::Resume(uint32_t link)
{
    NS_LOG_FUNCTION(this << link);
    const auto [first, last] = m_held.equal_range(link);
    for (auto held = first; held != last; ++held)
    {
        m_events.Schedule(Time(0), [this, handshake = held->second] { Pass(handshake); });
    }
    m_held.erase(first, last);
}

} // namespace murmuration
} // namespace ns3
