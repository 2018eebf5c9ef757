/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// Two messages of 1 MB share an uplink, by each fidelity: the same question, four answers.
//
//     node 0 --10 Mbps--> [ core, 20 ms ] --50 Mbps--> node 1, node 2
//
// Expect "ideal" to say 0.86 s for both, since it knows no contention, and the others about twice
// as much, since the uplink is shared. Runs in milliseconds.

#include "ns3/command-line.h"
#include "ns3/latency-model.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <iostream>
#include <map>
#include <string>

using namespace ns3;
using namespace ns3::murmuration;

namespace
{

/**
 * Send two messages at once.
 * @param fidelity of the transport
 * @return when the later of them has arrived
 */
Time
Run(const std::string& fidelity)
{
    auto latency = CreateObject<ConstantLatencyModel>();
    latency->SetAttribute("Latency", TimeValue(MilliSeconds(20)));
    auto underlay = CreateObject<WanUnderlay>();
    underlay->SetLatencyModel(latency);
    for (int node = 0; node < 3; ++node)
    {
        underlay->AddNode(DataRate("10Mbps"), DataRate("50Mbps"));
    }
    auto transport = TransportHelper::Create(fidelity, underlay);
    transport->AssignStreams(1);
    Time last;
    transport->SetDeliveryCallback([&last](const Message&) { last = Simulator::Now(); });
    transport->Send(0, 1, 1'000'000);
    transport->Send(0, 2, 1'000'000);
    Simulator::Run();
    Simulator::Destroy();
    return last;
}

} // namespace

int
main(int argc, char* argv[])
{
    CommandLine cmd(__FILE__);
    cmd.Parse(argc, argv);

    std::map<std::string, double> seconds;
    for (const auto& fidelity : TransportHelper::GetFidelities())
    {
        seconds[fidelity] = Run(fidelity).GetSeconds();
        std::cout << fidelity << ": " << seconds[fidelity] << " s" << std::endl;
    }
    const double shared = 2 * 8 * 1e6 / 10e6;
    for (const auto& [fidelity, time] : seconds)
    {
        const double expected = fidelity == "ideal" ? shared / 2 : shared;
        if (time < expected || time > 1.2 * expected)
        {
            return 1;
        }
    }
    return 0;
}
