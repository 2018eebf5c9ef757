// Carries the messages of a job file in SimGrid, with its default network model (LV08).
//
// The fastest form that gives completion times: all communications are started by the one thread
// that runs the simulation, without actors or mailboxes, and a signal tells when each is complete.
//
// Arguments: job to read, result to write (see tests/bench/job.h), and options of SimGrid such as
// --cfg=network/optim:Full.

#include "tests/bench/cpu_clock.h"
#include "tests/bench/job.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <simgrid/s4u.hpp>
#include <string>
#include <unordered_map>
#include <vector>
#include <xbt/log.h>

namespace {

namespace s4u = simgrid::s4u;
using namespace murmur::bench;

/// Makes a star: one link up and one link down for each node.
std::vector<s4u::Host*> make_star(const std::vector<Access>& nodes) {
    s4u::NetZone* zone = s4u::create_star_zone("star");
    std::vector<s4u::Host*> hosts;
    const auto add_link = [zone](const std::string& name, const Access& node) {
        return s4u::LinkInRoute(zone->create_link(name, static_cast<double>(node.rate_bps) / 8)
                                    ->set_latency(1e-9 * static_cast<double>(node.latency_ns))
                                    ->seal());
    };
    for (const Access& node : nodes) {
        const std::string name = std::to_string(hosts.size());
        s4u::Host* host = zone->create_host(name, 1e9);
        zone->add_route(
            host->get_netpoint(), nullptr, nullptr, nullptr, {add_link(name + " up", node)}, false);
        zone->add_route(nullptr,
                        host->get_netpoint(),
                        nullptr,
                        nullptr,
                        {add_link(name + " down", node)},
                        false);
        hosts.push_back(host);
    }
    zone->seal();
    return hosts;
}

/// Starts all messages and runs the simulation to its end.
std::vector<double> carry(const s4u::Engine& engine,
                          const std::vector<s4u::Host*>& hosts,
                          const std::vector<JobMessage>& messages) {
    std::vector<double> arrived_s(messages.size());
    std::vector<s4u::CommPtr> comms;
    std::unordered_map<const s4u::Activity*, std::size_t> index_of;
    s4u::Activity::on_completion_cb([&](const s4u::Activity& comm) {
        arrived_s[index_of.at(&comm)] = s4u::Engine::get_clock();
    });
    for (const JobMessage& message : messages) {
        comms.push_back(s4u::Comm::sendto_init(hosts[message.from], hosts[message.to]));
        index_of[comms.back().get()] = comms.size() - 1;
        comms.back()->set_payload_size(message.size_bytes);
        comms.back()->vetoable_start();
    }
    engine.run();
    return arrived_s;
}

}  // namespace

int main(int argc, char** argv) {
    // Changed options would be announced.
    xbt_log_control_set("root.thresh:critical");
    // Takes its own options out of the arguments.
    const s4u::Engine engine(&argc, argv);
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s JOB RESULT [--cfg=...]\n", argv[0]);
        return 2;
    }
    try {
        const Job job = read_job(argv[1]);
        const std::vector<s4u::Host*> hosts = make_star(job.nodes);
        const double start_s = cpu_seconds();
        const std::vector<double> arrived_s = carry(engine, hosts, job.messages);
        write_result({cpu_seconds() - start_s, arrived_s}, argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
