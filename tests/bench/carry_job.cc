// Carries the messages of a job file at one fidelity, as a program of its own, so that the
// operating system's account of it is that of the simulation.
//
// Arguments: job to read, result to write (see job.h), fidelity; with a further one, `doubts`, it
// prints how many messages are in doubt, by reason.

#include "tests/bench/carrier.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/job.h"

#include "ns3/simulator.h"
#include "ns3/transport-helper.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
    using namespace murmur::bench;
    const bool tells_doubts = argc == 5 && std::string_view(argv[4]) == "doubts";
    if (argc != 4 && !tells_doubts) {
        std::fprintf(stderr, "usage: %s JOB RESULT FIDELITY [doubts]\n", argv[0]);
        return 2;
    }
    try {
        const Job job = read_job(argv[1]);
        const auto transport =
            ns3::murmuration::TransportHelper::Create(argv[3], wide_area(job.nodes));
        const double start_s = cpu_seconds();
        const std::vector<Passage> passages = carry(*transport, job.messages);
        JobResult result{cpu_seconds() - start_s, {}};
        for (const Passage& passage : passages) {
            result.arrived_s.push_back(passage.arrived_s);
        }
        write_result(result, argv[2]);
        for (const auto& [reason, count] :
             tells_doubts ? transport->GetDoubts() : std::map<std::string, std::uint64_t>()) {
            std::printf(
                "in doubt, %s: %llu\n", reason.c_str(), static_cast<unsigned long long>(count));
        }
        ns3::Simulator::Destroy();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
