// How fast the packet-level network on our own engine is, beside ns-3's TCP on the same job.
//
// Every node sends 360 kB, a GN-LeNet, to six others at once, over links that are alike (100 Mbps,
// 20 ms; the next six nodes) or not (0.3 to 10 MB/s, 2 to 100 ms; random ones). Each row is a
// process of its own, so that its memory is its own. ns-3's TCP carries a tenth of the nodes, which
// flatters it: its cost of a message grows with their number.
//
// Goals: 1,000 nodes, like links: at most 4 s of CPU and a fortieth of ns-3's; unlike links: at
// most 8 s; 5 million events a second with 16 nodes, and half of that with 1,024; 400 MB.
//
// Argument: --tcp=N, nodes of ns-3's run [100]; 0: none; 1000: the same job, which takes a minute.

#include "tests/bench/carrier.h"
#include "tests/bench/cpu_clock.h"

#include "ns3/packet-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace murmur::bench;
using ns3::murmuration::PacketMessageTransport;
using ns3::murmuration::TransportHelper;

constexpr std::uint32_t kPeers = 6;
constexpr std::uint64_t kMessageBytes = 360'000;

/// What a run has cost.
struct Cost {
    double cpu_s;
    double events;      ///< Of the engine, or of ns-3
    double ns3_events;  ///< Of ns-3
    double peak_mb;
    std::uint64_t num_messages;
};

Job like_links(std::uint32_t num_nodes) {
    Job job;
    job.nodes.assign(num_nodes, {100'000'000, 10'000'000});
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        for (std::uint32_t hop = 1; hop <= kPeers; ++hop) {
            job.messages.push_back({node, (node + hop) % num_nodes, kMessageBytes});
        }
    }
    return job;
}

Job unlike_links(std::uint32_t num_nodes) {
    UnlikeLinks links;
    links.num_nodes = num_nodes;
    links.num_peers = kPeers;
    links.size_bytes = kMessageBytes;
    return unlike_links_job(links, 1);
}

Cost measure(const std::string& fidelity, const Job& job, int repetitions) {
    Cost cost{};
    for (int repetition = 0; repetition < repetitions; ++repetition) {
        const auto transport = TransportHelper::Create(fidelity, wide_area(job.nodes));
        const double start_s = cpu_seconds();
        const std::vector<Passage> passages = carry(*transport, job.messages);
        cost.cpu_s += cpu_seconds() - start_s;
        cost.ns3_events += static_cast<double>(ns3::Simulator::GetEventCount());
        const auto packet = ns3::DynamicCast<PacketMessageTransport>(transport);
        cost.events += packet ? static_cast<double>(packet->GetNEvents())
                              : static_cast<double>(ns3::Simulator::GetEventCount());
        cost.num_messages += passages.size();
        ns3::Simulator::Destroy();
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    cost.peak_mb = static_cast<double>(usage.ru_maxrss) / 1024;
    return cost;
}

/// Measures in a child process.
Cost measure_apart(const std::string& fidelity, const Job& job, int repetitions) {
    int ends[2];
    if (pipe(ends) != 0) {
        std::perror("packet-speed: pipe");
        std::exit(EXIT_FAILURE);
    }
    const pid_t child = fork();
    if (child == 0) {
        const Cost cost = measure(fidelity, job, repetitions);
        const bool is_written = write(ends[1], &cost, sizeof cost) == sizeof cost;
        _exit(is_written ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    Cost cost{};
    close(ends[1]);
    const bool is_read = child > 0 && read(ends[0], &cost, sizeof cost) == sizeof cost;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!is_read || status != 0) {
        std::fprintf(stderr, "packet-speed: a run has failed\n");
        std::exit(EXIT_FAILURE);
    }
    return cost;
}

Cost print(const std::string& name, const std::string& fidelity, const Job& job, int repetitions) {
    const Cost cost = measure_apart(fidelity, job, repetitions);
    std::printf("%-28s %9.3f s %8.1f us/message %8.2f M events/s %6.2f %% ns-3's %7.0f MB\n",
                name.c_str(),
                cost.cpu_s / repetitions,
                1e6 * cost.cpu_s / static_cast<double>(cost.num_messages),
                1e-6 * cost.events / cost.cpu_s,
                100 * cost.ns3_events / cost.events,
                cost.peak_mb);
    std::fflush(stdout);
    return cost;
}

double rate(const Cost& cost) {
    return cost.events / cost.cpu_s;
}

double per_message(const Cost& cost) {
    return cost.cpu_s / static_cast<double>(cost.num_messages);
}

}  // namespace

int main(int argc, char** argv) {
    std::uint32_t num_tcp_nodes = 100;
    for (int index = 1; index < argc; ++index) {
        if (std::strncmp(argv[index], "--tcp=", 6) != 0) {
            std::fprintf(stderr, "packet-speed: got '%s', allowed --tcp=N\n", argv[index]);
            return 2;
        }
        num_tcp_nodes = static_cast<std::uint32_t>(std::strtoul(argv[index] + 6, nullptr, 10));
    }
    const Cost few = print("packet, like, 16 nodes", "packet", like_links(16), 60);
    const Cost many = print("packet, like, 1,024 nodes", "packet", like_links(1024), 1);
    const Cost like = print("packet, like, 1,000 nodes", "packet", like_links(1000), 1);
    const Cost unlike = print("packet, unlike, 1,000 nodes", "packet", unlike_links(1000), 1);
    std::printf("like links:   %.2f s (goal: at most 4 s)\n", like.cpu_s);
    std::printf("unlike links: %.2f s (goal: at most 8 s)\n", unlike.cpu_s);
    std::printf(
        "events:       %.2f M/s with 16 nodes (goal: 5), %.2f of that with 1,024 "
        "(goal: 0.5)\n",
        1e-6 * rate(few),
        rate(many) / rate(few));
    std::printf("memory:       %.0f MB (goal: at most 400 MB)\n",
                std::max(like.peak_mb, unlike.peak_mb));
    if (num_tcp_nodes > kPeers) {
        const Cost tcp = print("ns-3's TCP, like, " + std::to_string(num_tcp_nodes) + " nodes",
                               "tcp",
                               like_links(num_tcp_nodes),
                               1);
        std::printf(
            "a message:    ns-3's TCP with %u nodes takes %.0f x as long (goal: 40 with "
            "1,000)\n",
            num_tcp_nodes,
            per_message(tcp) / per_message(like));
    }
    return EXIT_SUCCESS;
}
