/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "murmuration-test-support.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace ns3
{
namespace murmuration
{
namespace test
{

double
CubicResponse(double roundTrip, double loss)
{
    return std::hypot(1.19 * std::pow(roundTrip / loss, 0.75), 2.5);
}

double
PathTime(double bytes, const std::vector<double>& ratesBps, double latency)
{
    double time = latency;
    for (const double rate : ratesBps)
    {
        time += 8 * bytes / rate;
    }
    return time;
}

Ptr<WanUnderlay>
MakeWan(uint32_t nNodes, const std::string& up, const std::string& down, Time latency)
{
    const auto model = CreateObject<ConstantLatencyModel>();
    model->SetAttribute("Latency", TimeValue(latency));
    const auto underlay = CreateObject<WanUnderlay>();
    underlay->SetLatencyModel(model);
    for (uint32_t node = 0; node < nNodes; ++node)
    {
        underlay->AddNode(DataRate(up), DataRate(down));
    }
    return underlay;
}

AllPaths::AllPaths(Ptr<const RoutedUnderlay> underlay)
    : m_underlay(underlay),
      m_distances(underlay->GetNRouters(), std::vector<Distance>(underlay->GetNRouters(), FAR))
{
    const std::size_t n = m_distances.size();
    for (std::size_t router = 0; router < n; ++router)
    {
        m_distances[router][router] = {0, 0};
    }
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        if (underlay->GetLinkPlace(link) == Underlay::LinkPlace::CORE)
        {
            Distance& distance = m_distances[underlay->GetBegin(link)][underlay->GetEnd(link)];
            distance = std::min(distance, {underlay->GetLink(link).delay.GetNanoSeconds(), 1});
        }
    }
    for (std::size_t via = 0; via < n; ++via)
    {
        for (std::size_t from = 0; from < n; ++from)
        {
            for (std::size_t to = 0; to < n; ++to)
            {
                const Distance& head = m_distances[from][via];
                const Distance& tail = m_distances[via][to];
                Distance& known = m_distances[from][to];
                known = std::min(known, {head.first + tail.first, head.second + tail.second});
            }
        }
    }
}

const AllPaths::Distance&
AllPaths::Get(uint32_t from, uint32_t to) const
{
    return m_distances[from][to];
}

std::vector<NextHops::Group>
AllPaths::FindLinks(uint32_t destination) const
{
    std::vector<NextHops::Group> found(m_distances.size());
    for (uint32_t link = 0; link < m_underlay->GetNLinks(); ++link)
    {
        if (m_underlay->GetLinkPlace(link) == Underlay::LinkPlace::CORE)
        {
            const uint32_t begin = m_underlay->GetBegin(link);
            const Distance& rest = Get(m_underlay->GetEnd(link), destination);
            const int64_t delay = m_underlay->GetLink(link).delay.GetNanoSeconds();
            if (rest < FAR &&
                Get(begin, destination) == Distance(rest.first + delay, rest.second + 1))
            {
                found[begin].push_back(link);
            }
        }
    }
    return found;
}

void
ChooseRoutes(Ptr<RoutedUnderlay> underlay)
{
    const AllPaths paths(underlay);
    underlay->ChooseRoutes([&paths](uint32_t destination) { return paths.FindLinks(destination); });
}

bool
Outcome::operator==(const Outcome& other) const
{
    return id == other.id && nanosecond == other.nanosecond && reason == other.reason;
}

Recorder::Recorder(Ptr<MessageTransport> transport)
{
    transport->SetDeliveryCallback(MakeCallback(&Recorder::Delivered, this));
    transport->SetFailureCallback(MakeCallback(&Recorder::Failed, this));
}

void
Recorder::Delivered(const Message& message)
{
    outcomes.push_back({message.id, Simulator::Now().GetNanoSeconds(), ""});
    messages.push_back(message);
}

void
Recorder::Failed(const Message& message, const std::string& reason)
{
    outcomes.push_back({message.id, Simulator::Now().GetNanoSeconds(), reason});
    messages.push_back(message);
}

std::string
AbortText(const std::function<void()>& action)
{
    int ends[2];
    if (pipe(ends) != 0)
    {
        return "pipe failed";
    }
    const pid_t child = fork();
    if (child == 0)
    {
        dup2(ends[1], STDERR_FILENO);
        // Leaves no core file, and takes no part in what the parent does at its exit.
        std::signal(SIGABRT, [](int) { _exit(2); });
        action();
        _exit(0);
    }
    close(ends[1]);
    std::string text;
    char buffer[256];
    for (ssize_t n = read(ends[0], buffer, sizeof buffer); n > 0;
         n = read(ends[0], buffer, sizeof buffer))
    {
        text.append(buffer, static_cast<std::size_t>(n));
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 2 ? text : "";
}

bool
Contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace test
} // namespace murmuration
} // namespace ns3
