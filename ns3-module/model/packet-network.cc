/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-network.h"

#include "edge-underlay.h"

#include "ns3/abort.h"
#include "ns3/assert.h"
#include "ns3/log.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketNetwork");

namespace
{

/** An event says its kind, the number of what it concerns, and a packet. */
constexpr uint32_t PACKET_BITS = 32;
constexpr uint32_t KIND_SHIFT = 30;
constexpr uint32_t NUMBER_MASK = (1U << KIND_SHIFT) - 1;

/** The least headers of a packet with payload: IPv4 and TCP. */
constexpr uint64_t LEAST_HEADERS = 40;

/**
 * How long some bytes take; as TransmissionTime(), to the nearest ns.
 * @param bytes how many
 * @param bitRate in bits per second
 * @return ns
 */
int64_t
TransmissionNs(uint64_t bytes, double bitRate)
{
    return std::llround(8e9 * static_cast<double>(bytes) / bitRate);
}

} // namespace

PacketNetwork::PacketNetwork(Ptr<Underlay> underlay, Hosts& hosts, uint32_t headerSize)
    : m_underlay(underlay),
      m_hosts(hosts),
      m_headerSize(headerSize),
      m_meter(underlay->GetMeter())
{
    NS_LOG_FUNCTION(this << underlay << headerSize);
    const bool isCable = DynamicCast<EdgeUnderlay>(underlay) != nullptr;
    m_links.reserve(underlay->GetNLinks());
    for (uint32_t index = 0; index < underlay->GetNLinks(); ++index)
    {
        m_links.push_back(Link{});
        Link& link = m_links.back();
        const LinkQueue& queue = underlay->GetQueue(index);
        link.current = NONE;
        link.isCable = isCable;
        link.isAtHost = queue.place == LinkQueue::Place::AT_HOST;
        link.queue.Configure(queue, underlay->GetLink(index).rate);
        link.isUp = false;
        UpdateLink(index);
    }
}

PacketNetwork::~PacketNetwork() = default;

bool
PacketNetwork::UpdateLink(uint32_t link)
{
    NS_LOG_FUNCTION(this << link);
    const Underlay::Link& state = m_underlay->GetLink(link);
    Link& here = m_links[link];
    here.bitRate = static_cast<double>(state.rate.GetBitRate());
    const int64_t oldDelay = std::exchange(here.delay, state.delay.GetNanoSeconds());
    here.jitter = state.jitter.GetNanoSeconds();
    here.loss = state.loss;
    const bool wasUp = std::exchange(here.isUp, state.isUp);
    if (here.current == NONE)
    {
        Start(link);
    }
    return (here.isUp && !wasUp) || here.delay < oldDelay;
}

uint32_t
PacketNetwork::AddFlow(uint32_t from, uint32_t to)
{
    NS_LOG_FUNCTION(this << from << to);
    const Underlay::Route route = m_underlay->GetRoute(from, to);
    NS_ABORT_MSG_IF(route.links.empty(),
                    "PacketNetwork: no link from node " << from << " to node " << to);
    Flow flow{};
    flow.nLinks = static_cast<uint32_t>(route.links.size());
    flow.pathBegin = AllocatePath(flow.nLinks);
    std::copy(route.links.begin(), route.links.end(), m_paths.begin() + flow.pathBegin);
    Time latency = route.latency;
    for (const uint32_t link : route.links)
    {
        latency -= m_underlay->GetLink(link).delay;
    }
    flow.latency = latency.GetNanoSeconds();
    flow.links = {route.links.front(), route.links[std::min<std::size_t>(1, flow.nLinks - 1)]};
    m_leastLinks = m_leastLinks == 0 ? flow.nLinks : std::min(m_leastLinks, flow.nLinks);
    if (m_freeFlows.empty())
    {
        m_flows.push_back(flow);
        return static_cast<uint32_t>(m_flows.size() - 1);
    }
    const uint32_t number = m_freeFlows.back();
    m_freeFlows.pop_back();
    m_flows[number] = flow;
    return number;
}

uint32_t
PacketNetwork::AllocatePath(uint32_t nLinks)
{
    if (nLinks < m_freePaths.size() && !m_freePaths[nLinks].empty())
    {
        const uint32_t begin = m_freePaths[nLinks].back();
        m_freePaths[nLinks].pop_back();
        return begin;
    }
    const auto begin = static_cast<uint32_t>(m_paths.size());
    m_paths.resize(m_paths.size() + nLinks);
    return begin;
}

void
PacketNetwork::RemoveFlow(uint32_t number)
{
    NS_LOG_FUNCTION(this << number);
    const Flow& flow = m_flows[number];
    NS_ASSERT_MSG(flow.nPackets == 0, "packets of the flow are in the network");
    if (flow.nLinks >= m_freePaths.size())
    {
        m_freePaths.resize(flow.nLinks + 1);
    }
    m_freePaths[flow.nLinks].push_back(flow.pathBegin);
    m_freeFlows.push_back(number);
}

bool
PacketNetwork::IsHeldAtHost(uint32_t flow) const
{
    return m_links[m_flows[flow].links[0]].isAtHost;
}

std::array<uint32_t, 2>
PacketNetwork::GetEndLinks(uint32_t flow) const
{
    return {m_flows[flow].links[0], GetLink(m_flows[flow], m_flows[flow].nLinks - 1)};
}

void
PacketNetwork::Push(int64_t time, EventKind kind, uint32_t number, uint32_t packet)
{
    // No two events of one kind and number are pending, but for timers: the packet decides nothing.
    const auto order = (static_cast<uint64_t>(kind) << KIND_SHIFT) | number;
    m_events.Push(time, (order << PACKET_BITS) | packet);
}

void
PacketNetwork::Prefetch(uint64_t what) const
{
    const auto order = static_cast<uint32_t>(what >> PACKET_BITS);
    if (order >> KIND_SHIFT == static_cast<uint32_t>(EventKind::TIMER))
    {
        return;
    }
    m_pool.Prefetch(static_cast<uint32_t>(what));
    const uint32_t number = order & NUMBER_MASK;
    if (number < m_links.size())
    {
        __builtin_prefetch(&m_links[number]);
        __builtin_prefetch(&m_links[number].queue);
    }
    else
    {
        __builtin_prefetch(&m_flows[number - m_links.size()]);
    }
}

void
PacketNetwork::PrefetchRest(uint64_t what) const
{
    const auto packet = static_cast<uint32_t>(what);
    if (packet == NONE)
    {
        return;
    }
    const PacketSegment& segment = m_pool[packet];
    __builtin_prefetch(&m_flows[segment.flow]);
    // The one behind it, in the pipe or, as nothing has changed that, in the queue.
    m_pool.Prefetch(segment.next);
    if (segment.hop + 1U >= m_leastLinks)
    {
        m_hosts.PrefetchArrival(segment);
    }
}

void
PacketNetwork::SetTimer(uint32_t timer, int64_t time)
{
    Push(std::max(time, m_now), EventKind::TIMER, timer);
}

void
PacketNetwork::AdvanceTo(int64_t time, bool isInclusive)
{
    const int64_t end = isInclusive ? time : time - 1;
    while (m_events.GetNextTime() <= end)
    {
        const PacketEventHeap::Event event = m_events.Take();
        m_events.VisitComing(
            [this](const PacketEventHeap::Event& next) { PrefetchRest(next.what); },
            [this](const PacketEventHeap::Event& later) { Prefetch(later.what); });
        m_now = event.time;
        ++m_nEvents;
        const auto order = static_cast<uint32_t>(event.what >> PACKET_BITS);
        const uint32_t number = order & NUMBER_MASK;
        switch (static_cast<EventKind>(order >> KIND_SHIFT))
        {
        case EventKind::TRANSMITTED:
            Complete(number);
            break;
        case EventKind::ARRIVED:
            Arrive(number);
            break;
        case EventKind::TIMER:
            m_hosts.HandleTimer(number);
            break;
        }
    }
    m_now = std::max(m_now, time);
}

void
PacketNetwork::Send(uint32_t packet)
{
    PacketSegment& segment = m_pool[packet];
    segment.hop = 0;
    Flow& flow = m_flows[segment.flow];
    ++flow.nPackets;
    flow.underWay += GetPayload(segment);
    flow.atFirstLink += GetPayload(segment);
    Enqueue(packet);
}

void
PacketNetwork::Enqueue(uint32_t packet)
{
    PacketSegment& segment = m_pool[packet];
    Flow& flow = m_flows[segment.flow];
    const uint32_t index = GetLink(flow, segment.hop);
    Link& link = m_links[index];
    if (segment.hop + 1U == flow.nLinks)
    {
        flow.atLastLink += GetPayload(segment);
    }
    link.queue.Enqueue(m_pool, packet, m_now, m_dropped);
    FreeDropped();
    if (link.current == NONE)
    {
        Start(index);
    }
}

void
PacketNetwork::Start(uint32_t index)
{
    Link& link = m_links[index];
    if (!link.isUp && !link.isCable)
    {
        return;
    }
    link.current = link.queue.Dequeue(m_pool, m_now, m_dropped);
    FreeDropped();
    if (link.current == NONE)
    {
        return;
    }
    link.isCurrentLost = !link.isUp;
    const uint32_t size = m_pool[link.current].size;
    const int64_t duration = TransmissionNs(size, link.bitRate);
    if (m_meter)
    {
        m_meter->AddTransmission(index,
                                 size,
                                 1e-9 * static_cast<double>(duration),
                                 1e-9 * static_cast<double>(m_now));
    }
    link.busyUntil = m_now + duration;
    Push(link.busyUntil, EventKind::TRANSMITTED, index, link.current);
}

void
PacketNetwork::Complete(uint32_t index)
{
    Link& link = m_links[index];
    const uint32_t packet = std::exchange(link.current, NONE);
    const bool isLost = link.isCurrentLost;
    Start(index);
    if (link.isAtHost)
    {
        NoteDeparture(m_pool[packet]);
    }
    if (isLost || (link.loss > 0 && DrawLoss(index)))
    {
        Lose(packet);
    }
    else
    {
        Propagate(index, packet);
    }
}

void
PacketNetwork::Propagate(uint32_t index, uint32_t packet)
{
    Link& link = m_links[index];
    PacketSegment& segment = m_pool[packet];
    Flow& flow = m_flows[segment.flow];
    int64_t arrival = m_now + link.delay + (link.jitter > 0 ? DrawJitter(index) : 0);
    arrival = std::max(arrival, link.lastArrival);
    link.lastArrival = arrival;
    flow.atFirstLink -= segment.hop == 0 ? GetPayload(segment) : 0;
    const bool isOwn = segment.hop == 0 && flow.latency > 0;
    Pipe& pipe = isOwn ? flow.pipe : link.pipe;
    if (isOwn)
    {
        arrival = std::max(arrival + flow.latency, pipe.lastArrival);
    }
    pipe.lastArrival = arrival;
    if (segment.hop + 1U == flow.nLinks)
    {
        flow.inLastPipe += GetPayload(segment);
    }
    if (arrival == m_now && pipe.line.IsEmpty())
    {
        HandOver(packet);
        return;
    }
    segment.time = arrival;
    const bool wasEmpty = pipe.line.IsEmpty();
    pipe.line.Append(m_pool, packet);
    if (wasEmpty)
    {
        const auto nLinks = static_cast<uint32_t>(m_links.size());
        Push(arrival, EventKind::ARRIVED, isOwn ? nLinks + segment.flow : index, packet);
    }
}

PacketNetwork::Pipe&
PacketNetwork::GetPipe(uint32_t number)
{
    const auto nLinks = static_cast<uint32_t>(m_links.size());
    return number < nLinks ? m_links[number].pipe : m_flows[number - nLinks].pipe;
}

void
PacketNetwork::Arrive(uint32_t number)
{
    Pipe& pipe = GetPipe(number);
    const uint32_t packet = pipe.line.TakeFirst(m_pool);
    if (!pipe.line.IsEmpty())
    {
        const uint32_t next = pipe.line.first;
        Push(m_pool[next].time, EventKind::ARRIVED, number, next);
    }
    HandOver(packet);
}

void
PacketNetwork::HandOver(uint32_t packet)
{
    PacketSegment& segment = m_pool[packet];
    Flow& flow = m_flows[segment.flow];
    if (++segment.hop < flow.nLinks)
    {
        Enqueue(packet);
        return;
    }
    --flow.nPackets;
    flow.underWay -= GetPayload(segment);
    flow.atLastLink -= GetPayload(segment);
    flow.inLastPipe -= GetPayload(segment);
    m_hosts.HandleArrival(packet);
}

void
PacketNetwork::FreeDropped()
{
    while (!m_dropped.empty())
    {
        const uint32_t packet = m_dropped.back();
        m_dropped.pop_back();
        const PacketSegment segment = m_pool[packet];
        Lose(packet);
        if (m_links[GetLink(m_flows[segment.flow], segment.hop)].isAtHost)
        {
            NoteDeparture(segment);
        }
    }
}

void
PacketNetwork::NoteDeparture(const PacketSegment& segment)
{
    if (segment.GetCharge() > 0)
    {
        m_hosts.HandleDeparture(segment.flow, segment.GetCharge());
    }
}

void
PacketNetwork::Lose(uint32_t packet)
{
    const PacketSegment& segment = m_pool[packet];
    Flow& flow = m_flows[segment.flow];
    if (m_meter)
    {
        m_meter->AddLoss(GetLink(flow, segment.hop));
    }
    const uint32_t payload = GetPayload(segment);
    --flow.nPackets;
    flow.underWay -= payload;
    flow.atFirstLink -= segment.hop == 0 ? payload : 0;
    flow.atLastLink -= segment.hop + 1U == flow.nLinks ? payload : 0;
    m_pool.Free(packet);
}

bool
PacketNetwork::DrawLoss(uint32_t index)
{
    Link& link = m_links[index];
    if (!link.lossDraws)
    {
        const int64_t stream = m_underlay->GetStream(index);
        link.lossDraws = CreateObject<UniformRandomVariable>();
        link.lossDraws->SetStream(stream < 0 ? stream : stream + 1);
    }
    return link.lossDraws->GetValue() < link.loss;
}

int64_t
PacketNetwork::DrawJitter(uint32_t index)
{
    Link& link = m_links[index];
    if (!link.jitterDraws)
    {
        link.jitterDraws = CreateObject<UniformRandomVariable>();
        link.jitterDraws->SetStream(m_underlay->GetStream(index));
    }
    return static_cast<int64_t>(link.jitterDraws->GetValue(0, static_cast<double>(link.jitter)));
}

int64_t
PacketNetwork::GetEarliestTransmission(const Link& link, uint32_t flow, uint64_t bytes) const
{
    if (link.current == NONE)
    {
        return m_now + TransmissionNs(bytes, link.bitRate);
    }
    const PacketSegment& current = m_pool[link.current];
    const uint64_t own = current.flow == flow ? GetPayload(current) : 0;
    return link.busyUntil + (bytes > own ? TransmissionNs(bytes - own, link.bitRate) : 0);
}

int64_t
PacketNetwork::GetDelay(uint32_t number) const
{
    const Flow& flow = m_flows[number];
    int64_t delay = flow.latency;
    for (uint32_t hop = 0; hop < flow.nLinks; ++hop)
    {
        delay += m_links[GetLink(flow, hop)].delay;
    }
    return delay;
}

int64_t
PacketNetwork::GetEarliestArrival(uint32_t number, uint64_t bytes, bool areAllSent) const
{
    const Flow& flow = m_flows[number];
    const Link& last = m_links[GetEndLinks(number)[1]];
    if (bytes > flow.atLastLink)
    {
        return GetEarliestComing(number, bytes, areAllSent) +
               TransmissionNs(1 + LEAST_HEADERS, last.bitRate) + last.delay;
    }
    if (bytes <= flow.inLastPipe)
    {
        const Pipe& pipe = flow.nLinks == 1 && flow.latency > 0 ? flow.pipe : last.pipe;
        return pipe.line.IsEmpty() ? m_now : std::max(m_now, m_pool[pipe.line.first].time);
    }
    if (last.current == NONE && !last.isUp)
    {
        return NEVER;
    }
    return GetEarliestTransmission(last, number, bytes - flow.inLastPipe) + last.delay;
}

int64_t
PacketNetwork::GetEarliestComing(uint32_t number, uint64_t bytes, bool areAllSent) const
{
    const Flow& flow = m_flows[number];
    if (flow.nLinks == 1)
    {
        return m_now;
    }
    const int64_t way = GetDelay(number) - m_links[GetEndLinks(number)[1]].delay;
    const uint32_t behindFirst = flow.underWay - flow.atFirstLink;
    if (bytes > behindFirst)
    {
        return GetEarliestTransmission(m_links[flow.links[0]], number, bytes - behindFirst) + way;
    }
    if (!areAllSent)
    {
        return m_now + way; // What waits in the socket has not begun its way.
    }
    const Link& before = m_links[GetLink(flow, flow.nLinks - 2)];
    const bool isOwn = flow.nLinks == 2 && flow.latency > 0;
    const Pipe& pipe = isOwn ? flow.pipe : before.pipe;
    return pipe.line.IsEmpty() ? m_now + before.delay + (isOwn ? flow.latency : 0)
                               : m_pool[pipe.line.first].time;
}

} // namespace murmuration
} // namespace ns3
