/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "murmuration-test-support.h"

#include "ns3/simulator.h"

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
