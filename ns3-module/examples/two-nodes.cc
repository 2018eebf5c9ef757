/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// Two nodes on a wide-area network greet each other with 1 MB over TCP.
//
//     node 0 --10 Mbps--> [ core, 20 ms ] --50 Mbps--> node 1, and back
//
// Expect both messages after about 0.94 s: 84 ms for handshake and latency, 20 ms of slow start in
// which the sender waits, and 0.83 s of transmission. Runs in milliseconds.

#include "ns3/command-line.h"
#include "ns3/latency-model.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <iostream>

using namespace ns3;
using namespace ns3::murmuration;

int
main(int argc, char* argv[])
{
    std::string fidelity = "tcp";
    CommandLine cmd(__FILE__);
    cmd.AddValue("fidelity", "tcp or ideal", fidelity);
    cmd.Parse(argc, argv);

    auto latency = CreateObject<ConstantLatencyModel>();
    latency->SetAttribute("Latency", TimeValue(MilliSeconds(20)));
    auto underlay = CreateObject<WanUnderlay>();
    underlay->SetLatencyModel(latency);
    underlay->AddNode(DataRate("10Mbps"), DataRate("50Mbps"));
    underlay->AddNode(DataRate("10Mbps"), DataRate("50Mbps"));

    auto transport = TransportHelper::Create(fidelity, underlay);
    int delivered = 0;
    transport->SetDeliveryCallback([&delivered](const Message& message) {
        std::cout << Simulator::Now().As(Time::S) << ": node " << message.to << " has "
                  << message.sizeBytes << " bytes from node " << message.from << std::endl;
        ++delivered;
    });
    transport->Send(0, 1, 1'000'000);
    transport->Send(1, 0, 1'000'000);
    Simulator::Run();
    Simulator::Destroy();
    return delivered == 2 ? 0 : 1;
}
