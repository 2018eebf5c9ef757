// 12 nodes learn over one Wi-Fi channel in ad-hoc mode, a network that this program builds in ns-3.
//
//     o   o   o   o      4 m apart, 802.11g at 54 Mb/s, TCP; whoever transmits occupies the
//     o   o   o   o      channel for all, and collisions are retried
//     o   o   o   o
//
// Expect: accuracy climbs from 10 % (guessing) to above 40 %; the channel is what all wait for, a
// round takes about 1.4 simulated seconds. A quarter of a minute.

#include "emulator/run/scenario.h"

#include "ns3/double.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/mobility-helper.h"
#include "ns3/string.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/uinteger.h"
#include "ns3/yans-wifi-helper.h"

namespace {

// All nodes must hear each other: 54 Mb/s reaches some 20 m with ns-3's default channel.
constexpr double kSpacingM = 4;

ns3::NetDeviceContainer make_wifi(const ns3::NodeContainer& nodes) {
    ns3::YansWifiPhyHelper phy;
    phy.SetChannel(ns3::YansWifiChannelHelper::Default().Create());
    ns3::WifiMacHelper mac;
    mac.SetType("ns3::AdhocWifiMac");
    ns3::WifiHelper wifi;
    wifi.SetStandard(ns3::WIFI_STANDARD_80211g);
    wifi.SetRemoteStationManager("ns3::ConstantRateWifiManager",
                                 "DataMode",
                                 ns3::StringValue("ErpOfdmRate54Mbps"),
                                 "ControlMode",
                                 ns3::StringValue("ErpOfdmRate24Mbps"));
    const ns3::NetDeviceContainer devices = wifi.Install(phy, mac, nodes);
    wifi.AssignStreams(devices, murmur::kFirstOwnStream);
    return devices;
}

void place_on_grid(const ns3::NodeContainer& nodes) {
    ns3::MobilityHelper mobility;
    mobility.SetPositionAllocator("ns3::GridPositionAllocator",
                                  "DeltaX",
                                  ns3::DoubleValue(kSpacingM),
                                  "DeltaY",
                                  ns3::DoubleValue(kSpacingM),
                                  "GridWidth",
                                  ns3::UintegerValue(4));
    mobility.SetMobilityModel("ns3::ConstantPositionMobilityModel");
    mobility.Install(nodes);
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_network(
    const murmur::ExperimentOptions& options) {
    ns3::NodeContainer nodes;
    nodes.Create(options.nodes);
    place_on_grid(nodes);
    const ns3::NetDeviceContainer devices = make_wifi(nodes);
    ns3::InternetStackHelper().Install(nodes);
    const ns3::Ipv4InterfaceContainer interfaces =
        ns3::Ipv4AddressHelper("10.0.0.0", "255.255.0.0").Assign(devices);
    auto transport = ns3::CreateObject<ns3::murmuration::TcpMessageTransport>();
    transport->SetNodes(nodes, [interfaces](std::uint32_t /*from*/, std::uint32_t to) {
        return interfaces.GetAddress(to);
    });
    return transport;
}

}  // namespace

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 12;
    options.topology = "ring";
    options.rounds = 10;
    options.model = "softmax";
    options.training = {.batch_size = 8, .local_steps = 20, .lr = 0.01};
    options.underlay = "own";
    options.clock = "modelled:2ms,jitter=0.1";
    options.eval_every = 2;
    options.eval_samples = 500;
    return murmur::run_scenario(argc,
                                argv,
                                "wifi-adhoc",
                                "12 nodes learn over one Wi-Fi channel in ad-hoc mode",
                                options,
                                {.protocol = {}, .initial = {}, .network = make_network});
}
