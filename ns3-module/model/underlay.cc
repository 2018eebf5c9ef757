/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "underlay.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/trace-source-accessor.h"

#include <algorithm>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationUnderlay");

NS_OBJECT_ENSURE_REGISTERED(Underlay);

namespace
{

/**
 * Abort if no link can be in a state.
 * @param state the state
 * @param name the link
 */
void
CheckState(const Underlay::Link& state, const std::string& name)
{
    NS_ABORT_MSG_IF(state.rate.GetBitRate() == 0,
                    "Underlay: wrong rate of " << name << ", got 0bps, allowed above 0bps");
    NS_ABORT_MSG_IF(state.delay.IsStrictlyNegative(),
                    "Underlay: negative delay of " << name << ", got " << state.delay.As(Time::MS)
                                                   << ", allowed 0 or more");
    NS_ABORT_MSG_IF(!(state.loss >= 0 && state.loss < 1),
                    "Underlay: wrong loss of " << name << ", got " << state.loss
                                               << ", allowed 0 <= loss < 1");
    NS_ABORT_MSG_IF(state.jitter.IsStrictlyNegative(),
                    "Underlay: negative jitter of " << name << ", got " << state.jitter.As(Time::MS)
                                                    << ", allowed 0 or more");
}

} // namespace

TypeId
Underlay::GetTypeId()
{
    static TypeId tid = TypeId("ns3::murmuration::Underlay")
                            .SetParent<Object>()
                            .SetGroupName("Murmuration")
                            .AddTraceSource("LinkChanged",
                                            "Rate, delay, loss or presence of a link has changed.",
                                            MakeTraceSourceAccessor(&Underlay::m_linkChangedTrace),
                                            "ns3::murmuration::Underlay::LinkCallback");
    return tid;
}

Underlay::Underlay() = default;

Underlay::~Underlay() = default;

bool
Underlay::Link::operator==(const Link& other) const
{
    return rate == other.rate && delay == other.delay && loss == other.loss && isUp == other.isUp &&
           jitter == other.jitter;
}

void
Underlay::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_listeners.clear();
    m_meterSource = Callback<void>();
    m_jitterDraws.clear();
    Object::DoDispose();
}

uint32_t
Underlay::GetNLinks() const
{
    return static_cast<uint32_t>(m_links.size());
}

const Underlay::Link&
Underlay::GetLink(uint32_t link) const
{
    NS_ABORT_MSG_IF(link >= m_links.size(),
                    "Underlay::GetLink: no such link, got " << link << ", allowed below "
                                                            << m_links.size());
    return m_links[link];
}

void
Underlay::SetLink(uint32_t link, const Link& state)
{
    NS_LOG_FUNCTION(this << link);
    NS_ABORT_MSG_IF(link >= m_links.size(),
                    "Underlay::SetLink: no such link, got " << link << ", allowed below "
                                                            << m_links.size());
    CheckState(state, GetLinkName(link));
    NS_LOG_LOGIC(GetLinkName(link) << (state.isUp ? ": up, " : ": down, ") << state.rate
                                   << ", delay " << state.delay.As(Time::MS) << ", jitter "
                                   << state.jitter.As(Time::MS) << ", loss " << state.loss);
    m_links[link] = state;
    if (link < m_listeners.size() && !m_listeners[link].IsNull())
    {
        m_listeners[link]();
    }
    m_linkChangedTrace(link);
}

void
Underlay::SetQueue(uint32_t link, const LinkQueue& queue)
{
    NS_LOG_FUNCTION(this << link << queue.size);
    NS_ABORT_MSG_IF(link >= m_queues.size(),
                    "Underlay::SetQueue: no such link, got " << link << ", allowed below "
                                                             << m_queues.size());
    const std::string fault = queue.FindFault();
    NS_ABORT_MSG_IF(!fault.empty(),
                    "Underlay: wrong queue of " << GetLinkName(link) << ", got " << fault);
    NS_ABORT_MSG_IF(queue.place == LinkQueue::Place::AT_HOST &&
                        GetLinkPlace(link) != LinkPlace::UPLINK,
                    "Underlay: wrong queue of " << GetLinkName(link)
                                                << ", got one at the host, allowed for uplinks");
    m_queues[link] = queue;
}

const LinkQueue&
Underlay::GetQueue(uint32_t link) const
{
    NS_ABORT_MSG_IF(link >= m_queues.size(),
                    "Underlay::GetQueue: no such link, got " << link << ", allowed below "
                                                             << m_queues.size());
    return m_queues[link];
}

void
Underlay::SetLinkListener(uint32_t link, Callback<void> listener)
{
    if (link >= m_listeners.size())
    {
        m_listeners.resize(link + 1);
    }
    m_listeners[link] = listener;
}

int64_t
Underlay::AssignStreams(int64_t stream)
{
    NS_LOG_FUNCTION(this << stream);
    m_firstStream = stream;
    return 2 * static_cast<int64_t>(GetNLinks());
}

int64_t
Underlay::GetStream(uint32_t link) const
{
    return m_firstStream < 0 ? -1 : m_firstStream + 2 * static_cast<int64_t>(link);
}

Time
Underlay::DrawJitter(uint32_t link)
{
    const Time jitter = GetLink(link).jitter;
    if (jitter.IsZero())
    {
        return jitter;
    }
    m_jitterDraws.resize(std::max<std::size_t>(m_jitterDraws.size(), link + 1));
    Ptr<UniformRandomVariable>& draws = m_jitterDraws[link];
    if (!draws)
    {
        draws = CreateObject<UniformRandomVariable>();
        draws->SetStream(GetStream(link));
    }
    const auto most = static_cast<double>(jitter.GetNanoSeconds());
    return NanoSeconds(static_cast<int64_t>(draws->GetValue(0, most)));
}

void
Underlay::EnableMeter(uint32_t nBins)
{
    NS_LOG_FUNCTION(this << nBins);
    m_meter = std::make_unique<LinkMeter>(GetNLinks(), nBins);
}

LinkMeter*
Underlay::GetMeter() const
{
    if (m_meter && !m_meterSource.IsNull())
    {
        m_meterSource();
    }
    return m_meter.get();
}

void
Underlay::SetMeterSource(Callback<void> source)
{
    m_meterSource = source;
}

uint32_t
Underlay::AddLink(const Link& state, const std::string& name)
{
    CheckState(state, name);
    m_links.push_back(state);
    m_queues.emplace_back();
    return GetNLinks() - 1;
}

} // namespace murmuration
} // namespace ns3
