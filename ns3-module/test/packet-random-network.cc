/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-random-network.h"

#include "murmuration-test-support.h"

#include "ns3/latency-model.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <set>

namespace ns3
{
namespace murmuration
{
namespace test
{

RandomNetwork::RandomNetwork(uint32_t seed)
    : m_random(seed)
{
    const uint32_t nNodes = Draw(4) == 0 ? 2 + Draw(200) : 2 + Draw(20);
    while (m_pairs.empty())
    {
        switch (Draw(3))
        {
        case 0:
            MakeWan(nNodes);
            break;
        case 1:
            MakeEdges(nNodes);
            break;
        default:
            MakeRouted(nNodes);
        }
    }
    m_underlay->AssignStreams(1000 + 1000 * int64_t{seed});
    for (uint32_t link = 0; link < m_underlay->GetNLinks(); ++link)
    {
        LinkQueue queue;
        queue.size = Draw(2) == 0 ? 1000 : 5 + Draw(200);
        queue.discipline = static_cast<LinkQueue::Discipline>(Draw(3));
        const bool isUplink = m_underlay->GetLinkPlace(link) == Underlay::LinkPlace::UPLINK;
        queue.place =
            isUplink && Draw(2) == 0 ? LinkQueue::Place::AT_HOST : LinkQueue::Place::BEHIND_HOST;
        m_underlay->SetQueue(link, queue);
        Underlay::Link state = m_underlay->GetLink(link);
        const Underlay::Link other = DrawLink();
        state.loss = other.loss;
        state.jitter = other.jitter;
        m_underlay->SetLink(link, state);
    }
}

uint32_t
RandomNetwork::Draw(uint32_t below)
{
    return below == 0 ? 0 : static_cast<uint32_t>(m_random()) % below;
}

Underlay::Link
RandomNetwork::DrawLink()
{
    Underlay::Link link{DataRate(100'000 + (Draw(3) == 0 ? Draw(1'000'000'000) : Draw(20'000'000))),
                        Draw(4) == 0 ? Time(0) : MicroSeconds(Draw(80'000))};
    link.loss = Draw(2) == 0 ? 0 : 0.003 * Draw(100);
    link.jitter = Draw(2) == 0 ? Time(0) : MicroSeconds(Draw(20'000));
    return link;
}

void
RandomNetwork::MakeWan(uint32_t nNodes)
{
    const auto latency = CreateObject<ConstantLatencyModel>();
    latency->SetAttribute("Latency",
                          TimeValue(Draw(5) == 0 ? Time(0) : MicroSeconds(Draw(60'000))));
    const auto wan = CreateObject<WanUnderlay>();
    wan->SetLatencyModel(latency);
    for (uint32_t node = 0; node < nNodes; ++node)
    {
        const DataRate up = DrawLink().rate;
        wan->AddNode(up, DrawLink().rate);
    }
    for (uint32_t index = 0; index < 4 * nNodes; ++index)
    {
        const uint32_t from = index % nNodes;
        m_pairs.push_back({from, (from + 1 + Draw(nNodes - 1)) % nNodes});
    }
    m_underlay = wan;
}

void
RandomNetwork::MakeEdges(uint32_t nNodes)
{
    const auto edges = CreateObject<EdgeUnderlay>(nNodes);
    std::set<std::pair<uint32_t, uint32_t>> known;
    for (uint32_t index = 0; index < 2 * nNodes; ++index)
    {
        const uint32_t first = index % nNodes;
        const uint32_t second = (first + 1 + Draw(nNodes - 1)) % nNodes;
        const Underlay::Link link = DrawLink();
        if (known.insert(std::minmax(first, second)).second)
        {
            edges->AddEdge({first, second, link.rate, link.delay});
            m_pairs.push_back({first, second});
            m_pairs.push_back({second, first});
        }
    }
    m_underlay = edges;
}

void
RandomNetwork::MakeRouted(uint32_t nNodes)
{
    const auto routed = CreateObject<RoutedUnderlay>();
    const uint32_t nRouters = 2 + Draw(6);
    for (uint32_t router = 0; router < nRouters; ++router)
    {
        routed->AddRouter();
    }
    const auto join = [&](uint32_t first, uint32_t second) {
        if (first != second)
        {
            routed->AddCoreLink(first, second, DrawLink());
            routed->AddCoreLink(second, first, DrawLink());
        }
    };
    for (uint32_t router = 0; router < nRouters; ++router)
    {
        join(router, (router + 1) % nRouters);
        join(router, (router + Draw(2)) % nRouters); // one that is parallel, or none
        join(router, Draw(nRouters));
    }
    for (uint32_t node = 0; node < nNodes; ++node)
    {
        const uint32_t router = Draw(nRouters);
        const Underlay::Link up = DrawLink();
        routed->AddNode(router, up, DrawLink());
    }
    ChooseRoutes(routed);
    for (uint32_t index = 0; index < 4 * nNodes; ++index)
    {
        const uint32_t from = index % nNodes;
        m_pairs.push_back({from, (from + 1 + Draw(nNodes - 1)) % nNodes});
    }
    m_underlay = routed;
}

void
RandomNetwork::ScheduleChanges(uint32_t nChanges, uint32_t lastMs)
{
    for (uint32_t change = 0; change < nChanges; ++change)
    {
        Simulator::Schedule(MicroSeconds(Draw(1000 * lastMs)), &RandomNetwork::ChangeOne, this);
    }
    Simulator::Schedule(MilliSeconds(lastMs), [this] {
        for (uint32_t link = 0; link < m_underlay->GetNLinks(); ++link)
        {
            Underlay::Link state = m_underlay->GetLink(link);
            state.isUp = true;
            state.loss = std::min(state.loss, 0.1);
            m_underlay->SetLink(link, state);
        }
    });
}

void
RandomNetwork::ChangeOne()
{
    const uint32_t link = Draw(m_underlay->GetNLinks());
    Underlay::Link state = m_underlay->GetLink(link);
    const Underlay::Link other = DrawLink();
    switch (Draw(4))
    {
    case 0:
        state.rate = other.rate;
        break;
    case 1:
        state.delay = other.delay;
        break;
    case 2:
        state.isUp = !state.isUp;
        break;
    default:
        state = other;
    }
    m_underlay->SetLink(link, state);
}

} // namespace test
} // namespace murmuration
} // namespace ns3
