// How fast the packet-level network is, and whether it stays so with many nodes.
//
// Each node of a wide-area network (100 Mbps up and down, 20 ms apart) sends 360 kB, a GN-LeNet, to
// its five next neighbors over TCP. Printed are simulator events per CPU second with 16 and with
// 256 nodes, their ratio (goal: 0.7 or more; a star of point-to-point links around a router manages
// 0.3), and the memory of 1,024 nodes with 5,120 flows. Takes about three minutes.
//
// Arguments: the schedulers of ns-3 to compare, of Map (the default), Heap, PriorityQueue,
// Calendar.

#include "ns3/object-factory.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using ns3::murmuration::ConstantLatencyModel;
using ns3::murmuration::MessageTransport;
using ns3::murmuration::TransportHelper;
using ns3::murmuration::WanUnderlay;

constexpr std::uint32_t kNeighbors = 5;
constexpr std::uint64_t kMessageBytes = 360'000;

ns3::Ptr<WanUnderlay> make_underlay(std::uint32_t num_nodes) {
    auto latency = ns3::CreateObject<ConstantLatencyModel>();
    latency->SetAttribute("Latency", ns3::TimeValue(ns3::MilliSeconds(20)));
    auto underlay = ns3::CreateObject<WanUnderlay>();
    underlay->SetLatencyModel(latency);
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        underlay->AddNode(ns3::DataRate("100Mbps"), ns3::DataRate("100Mbps"));
    }
    return underlay;
}

/// Sends one message from every node to each of its neighbors.
void send_all(MessageTransport& transport, std::uint32_t num_nodes, std::uint64_t size_bytes) {
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        for (std::uint32_t hop = 1; hop <= kNeighbors; ++hop) {
            transport.Send(node, (node + hop) % num_nodes, size_bytes);
        }
    }
}

/// Events per CPU second of one exchange, connections and slow start included. Repeated on a fresh
/// network each time, so that few nodes spend as long as many and go through the same phases.
double event_rate(const std::string& scheduler, std::uint32_t num_nodes, int repetitions) {
    double events = 0;
    double cpu_s = 0;
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        ns3::Simulator::SetScheduler(ns3::ObjectFactory(scheduler));
        const auto transport = TransportHelper::Create("tcp", make_underlay(num_nodes));
        const std::clock_t start = std::clock();
        send_all(*transport, num_nodes, kMessageBytes);
        ns3::Simulator::Run();
        cpu_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        events += static_cast<double>(ns3::Simulator::GetEventCount());
        ns3::Simulator::Destroy();
    }
    return events / cpu_s;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    long total = 0;
    long resident = 0;
    statm >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void print_memory(std::uint32_t num_nodes) {
    const double empty = resident_bytes();
    const auto transport = TransportHelper::Create("tcp", make_underlay(num_nodes));
    const double built = resident_bytes();
    send_all(*transport, num_nodes, 0);
    ns3::Simulator::Run();
    const double connected = resident_bytes();
    send_all(*transport, num_nodes, kMessageBytes);
    // The downlinks are busy from 20 ms on, for 150 ms: packets in flight are at their most.
    ns3::Simulator::Stop(ns3::MilliSeconds(150));
    ns3::Simulator::Run();
    const double used = resident_bytes();
    ns3::Simulator::Destroy();

    const std::uint32_t flows = num_nodes * kNeighbors;
    std::printf("%u nodes: %.0f kB per node, %.0f kB per flow (both ends)\n",
                num_nodes,
                (built - empty) / num_nodes / 1e3,
                (connected - built) / flows / 1e3);
    std::printf(
        "whole network, %u flows of 360 kB in full swing: %.0f MB\n", flows, (used - empty) / 1e6);
}

}  // namespace

int main(int argc, char* argv[]) {
    const std::vector<std::string> names = argc > 1
                                               ? std::vector<std::string>(argv + 1, argv + argc)
                                               : std::vector<std::string>{"Map"};
    // First, while the heap is fresh.
    print_memory(1024);
    for (const std::string& name : names) {
        const std::string scheduler = "ns3::" + name + "Scheduler";
        std::vector<double> few;
        std::vector<double> many;
        for (int repetition = 0; repetition < 3; ++repetition) {
            few.push_back(event_rate(scheduler, 16, 4));
            many.push_back(event_rate(scheduler, 256, 1));
        }
        std::printf("%-13s  16 nodes %7.0f events/s   256 nodes %7.0f events/s   ratio %.2f\n",
                    name.c_str(),
                    median(few),
                    median(many),
                    median(many) / median(few));
        std::fflush(stdout);
    }
    return EXIT_SUCCESS;
}
