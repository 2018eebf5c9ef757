// Applications of ns-3 beside nodes that learn: the uplink of node 0 also carries a video call.
//
//     node 0 --uplink 2 Mb/s--> messages to its neighbors
//                        \----> 1.5 Mb/s of UDP to node 2, from an OnOffApplication
//
//     expect: the run takes longer than without the call     runs in: a few seconds

#include "emulator/run/experiment.h"

#include "ns3/application-container.h"
#include "ns3/inet-socket-address.h"
#include "ns3/ipv4.h"
#include "ns3/on-off-helper.h"
#include "ns3/packet-sink-helper.h"

#include <fmt/format.h>

#include <cstdlib>

namespace {

/// What a run calls once its network stands.  The nodes are those that learn, each with its stack.
void add_call(const murmur::RunNetwork& network) {
    constexpr std::uint16_t kPort = 4000;
    const ns3::Ptr<ns3::Node> caller = network.nodes.Get(0);
    const ns3::Ptr<ns3::Node> callee = network.nodes.Get(2);
    const ns3::Ipv4Address address = callee->GetObject<ns3::Ipv4>()->GetAddress(1, 0).GetLocal();
    ns3::OnOffHelper call("ns3::UdpSocketFactory", ns3::InetSocketAddress(address, kPort));
    call.SetConstantRate(ns3::DataRate("1.5Mbps"), 1000);
    ns3::ApplicationContainer source = call.Install(caller);
    call.AssignStreams(ns3::NodeContainer(caller), murmur::kFirstOwnStream);
    source.Start(ns3::Seconds(0));
    ns3::PacketSinkHelper sink("ns3::UdpSocketFactory",
                               ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), kPort));
    sink.Install(callee).Start(ns3::Seconds(0));
}

murmur::Summary run(murmur::NetworkHook beside) {
    murmur::ExperimentOptions options;
    options.nodes = 4;
    options.topology = "ring";
    options.rounds = 5;
    options.dataset = "least-squares:features=9999,samples=400";  // models of 40 kB
    options.model = "linear";
    options.training = {.batch_size = 10, .local_steps = 1, .lr = 0.0001};
    options.network = "tcp";
    options.rate = "2Mbps";
    options.latency = "10ms";
    options.clock = "modelled:1ms";
    options.quiet = true;
    murmur::ExperimentInputs inputs;
    inputs.beside = std::move(beside);  // the line that adds it, to run_scenario's inputs alike
    return murmur::Experiment(options, inputs).run().summary;
}

}  // namespace

int main() {
    const murmur::Summary alone = run({});
    const murmur::Summary beside = run(add_call);
    fmt::print(
        "alone {:.2f} s, with a call beside {:.2f} s\n", alone.simulated_s, beside.simulated_s);
    // What is left of the uplink is a quarter; the call itself goes on, and does not keep the run.
    const bool is_slower = beside.simulated_s > 1.5 * alone.simulated_s;
    return alone.status == "complete" && beside.status == "complete" && is_slower ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
}
