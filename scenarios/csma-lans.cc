// 12 nodes on three Ethernet segments behind routers learn over a network built here in ns-3.
//
//     n0 n3 n6 n9       n1 n4 n7 n10       n2 n5 n8 n11
//     ==+=======        ==+=========       ==+=========     CSMA, 100 Mb/s, shared
//       r0 ---------------- r1 ---------------- r2          20 Mb/s, 10 ms each
//
// Expect: accuracy climbs from 10 % (guessing) to above 40 %; the links between the routers are
// the bottleneck, a round takes about 0.8 simulated seconds. A few seconds.

#include "emulator/run/scenario.h"

#include "ns3/csma-helper.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-global-routing-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/string.h"
#include "ns3/tcp-message-transport.h"

#include <vector>

namespace {

constexpr std::uint32_t kLans = 3;

/// Gives LAN k the nodes k, k + 3, k + 6, ... and its router, in the subnet 10.k.0.0.
void make_lans(const ns3::NodeContainer& nodes,
               const ns3::NodeContainer& routers,
               std::vector<ns3::Ipv4Address>& addresses) {
    ns3::CsmaHelper csma;
    csma.SetChannelAttribute("DataRate", ns3::StringValue("100Mbps"));
    csma.SetChannelAttribute("Delay", ns3::StringValue("5us"));
    std::int64_t stream = murmur::kFirstOwnStream;
    for (std::uint32_t lan = 0; lan < kLans; ++lan) {
        ns3::NodeContainer members;
        for (std::uint32_t node = lan; node < nodes.GetN(); node += kLans) {
            members.Add(nodes.Get(node));
        }
        members.Add(routers.Get(lan));
        const ns3::NetDeviceContainer devices = csma.Install(members);
        stream += csma.AssignStreams(devices, stream);
        const ns3::Ipv4Address subnet((10U << 24) + (lan << 16));
        const ns3::Ipv4InterfaceContainer interfaces =
            ns3::Ipv4AddressHelper(subnet, "255.255.0.0").Assign(devices);
        for (std::uint32_t i = 0; i + 1 < members.GetN(); ++i) {
            addresses[lan + kLans * i] = interfaces.GetAddress(i);
        }
    }
}

void join_routers(const ns3::NodeContainer& routers) {
    ns3::PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", ns3::StringValue("20Mbps"));
    link.SetChannelAttribute("Delay", ns3::StringValue("10ms"));
    ns3::Ipv4AddressHelper subnets("10.255.0.0", "255.255.255.252");
    for (std::uint32_t router = 0; router + 1 < routers.GetN(); ++router) {
        subnets.Assign(link.Install(routers.Get(router), routers.Get(router + 1)));
        subnets.NewNetwork();
    }
}

ns3::Ptr<ns3::murmuration::MessageTransport> make_network(
    const murmur::ExperimentOptions& options) {
    ns3::NodeContainer nodes;
    nodes.Create(options.nodes);
    ns3::NodeContainer routers;
    routers.Create(kLans);
    ns3::InternetStackHelper stack;
    stack.Install(nodes);
    stack.Install(routers);
    std::vector<ns3::Ipv4Address> addresses(options.nodes);
    make_lans(nodes, routers, addresses);
    join_routers(routers);
    ns3::Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    // The transport assigns the streams of its own nodes' stacks.
    stack.AssignStreams(routers, 2 * murmur::kFirstOwnStream);
    auto transport = ns3::CreateObject<ns3::murmuration::TcpMessageTransport>();
    transport->SetNodes(
        nodes, [addresses](std::uint32_t /*from*/, std::uint32_t to) { return addresses[to]; });
    return transport;
}

}  // namespace

int main(int argc, char** argv) {
    murmur::ExperimentOptions options;
    options.nodes = 12;
    options.topology = "regular:3";
    options.rounds = 10;
    options.model = "softmax";
    options.training = {.batch_size = 8, .local_steps = 20, .lr = 0.01};
    options.underlay = "own";
    options.clock = "modelled:2ms,jitter=0.1";
    options.eval_every = 2;
    options.eval_samples = 500;
    return murmur::run_scenario(argc,
                                argv,
                                "csma-lans",
                                "12 nodes on three Ethernet segments behind routers",
                                options,
                                {.protocol = {}, .initial = {}, .network = make_network});
}
