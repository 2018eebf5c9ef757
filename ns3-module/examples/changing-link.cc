/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// An uplink that follows a trace while a message is on it, and what a capture of its packets shows.
//
//     node 0 --10 Mbps, from 0.5 s 2 Mbps, from 1 s down, from 2 s 10 Mbps--> node 1
//
// Expect the message of 1 MB to take about 2.2 s: 0.6 MB in the first half second, 0.1 MB in the
// second, nothing in the next second, the rest after it. --pcap=PREFIX writes what was on the
// links. Runs in milliseconds.

#include "ns3/command-line.h"
#include "ns3/latency-model.h"
#include "ns3/link-schedule.h"
#include "ns3/packet-trace-helper.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <iostream>
#include <memory>

using namespace ns3;
using namespace ns3::murmuration;

int
main(int argc, char* argv[])
{
    std::string pcap;
    CommandLine cmd(__FILE__);
    cmd.AddValue("pcap", "prefix of pcap files; empty: none", pcap);
    cmd.Parse(argc, argv);

    auto latency = CreateObject<ConstantLatencyModel>();
    latency->SetAttribute("Latency", TimeValue(MilliSeconds(20)));
    auto underlay = CreateObject<WanUnderlay>();
    underlay->SetLatencyModel(latency);
    underlay->AddNode(DataRate("10Mbps"), DataRate("50Mbps"));
    underlay->AddNode(DataRate("10Mbps"), DataRate("50Mbps"));

    auto transport = TransportHelper::Create("tcp", underlay);
    if (!pcap.empty())
    {
        PacketTraceHelper().EnablePcapAll(pcap);
    }
    auto trace = std::make_shared<LinkTrace>();
    trace->changes = {{Seconds(0.5), DataRate("2Mbps"), std::nullopt, std::nullopt},
                      {Seconds(1), std::nullopt, std::nullopt, false},
                      {Seconds(2), DataRate("10Mbps"), std::nullopt, true}};
    LinkSchedule schedule(underlay);
    schedule.Add(WanUnderlay::GetUplink(0), trace);
    schedule.Start();

    Time arrival;
    transport->SetDeliveryCallback([&arrival](const Message& message) {
        arrival = Simulator::Now();
        std::cout << arrival.As(Time::S) << ": " << message.sizeBytes << " bytes are there"
                  << std::endl;
    });
    transport->Send(0, 1, 1'000'000);
    Simulator::Run();
    Simulator::Destroy();
    return arrival > Seconds(2) && arrival < Seconds(3.5) ? 0 : 1;
}
