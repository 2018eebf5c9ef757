/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */

// Node 0 sends 1 MB to node 1 over TCP, and node 1 sends it back.
//
//     node 0 --10 Mbps--> [ core, 20 ms ] --50 Mbps--> node 1, and back
//
// Expect each way to take 0.93 s or a little more: 0.83 s of transmission, 60 ms of handshake and
// latency, and slow start, during which the uplink is idle at times. Runs in milliseconds.

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
    transport->SetDeliveryCallback([&](const Message& message) {
        std::cout << Simulator::Now().As(Time::S) << ": node " << message.to << " has "
                  << message.sizeBytes << " bytes from node " << message.from << std::endl;
        if (++delivered == 1)
        {
            transport->Send(message.to, message.from, message.sizeBytes);
        }
    });
    transport->Send(0, 1, 1'000'000);
    Simulator::Run();
    Simulator::Destroy();
    return delivered == 2 ? 0 : 1;
}
