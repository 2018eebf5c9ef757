#include "emulator/base/quantity.h"
#include "emulator/network/link_trace.h"
#include "emulator/network/underlays/attachment.h"
#include "emulator/network/underlays/plans.h"
#include "emulator/nodes/availability.h"
#include "emulator/report/run_folder.h"
#include "emulator/run/command_line.h"
#include "emulator/run/devices.h"
#include "emulator/tasks/compute_clock.h"
#include "emulator/tasks/compute_trace_table.h"
#include "emulator/tasks/speed_traces.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"

#include <stdexcept>

namespace murmur::fuzz {
namespace {

RouterGraph two_routers() {
    RouterGraph graph;
    graph.join(graph.add_router("Oslo"), graph.add_router("Bern"), 1e9, 0.01);
    graph.access = {0, 1};
    return graph;
}

void attach(const std::string& path) {
    ExperimentOptions options;
    options.nodes = 3;
    options.attach = "file:" + path;
    (void)attach_nodes(options, two_routers(), false);
}

/// The report says what is wrong with a run's files by std::runtime_error: nobody wrote them by
/// hand.
void read_run(const std::filesystem::path& folder) {
    try {
        (void)report::read_run_folder(folder);
    } catch (const std::runtime_error& error) {
        throw std::invalid_argument(error.what());
    }
}

Target run_folder_target() {
    return folder_target(
        "run-folder",
        read_run,
        {{"experiment.json",
          as_bytes(R"({"scenario":"dpsgd","options":{"nodes":"2"},"versions":{"ns-3":"3.37"}})")},
         {"summary.json", as_bytes(R"({"status":"complete","seed":1,"wall_s":1.5,"error":null})")},
         {"metrics.csv",
          as_bytes("sim_time_s,node,test_accuracy,bytes_sent,bytes_received,compute_s,"
                   "communication_s,idle_s\n0.5,0,0.1,10,20,0.3,0.2,0\n1,1,,,,,,\n")},
         {"rounds.csv",
          as_bytes("round,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,test_accuracy_min,"
                   "test_accuracy_max,test_loss_mean,test_loss_min,test_loss_max,train_loss_mean,"
                   "consensus_distance,bytes_sent,slowest_s,slowest_from,slowest_to,slowest_bound,"
                   "slowest_own_s,slowest_others_s,slowest_latency_s,slowest_window_s\n"
                   "1,1,2,.3,.2,.4,2,1,3,1.5,1e-3,100,1,0,2,uplink,.5,.25,.125,.125\n")},
         {"links.csv",
          as_bytes("link,name,place,bytes,utilization,peak_utilization,waited_s\n"
                   "0,node 0 up,uplink,100,.5,1,.25\n")},
         {"link-use.csv", as_bytes("sim_time_s,duration_s,link,utilization\n0,1,0,.5\n")},
         {"nodes.csv",
          as_bytes("node,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,"
                   "communication_s,idle_s\n0,1e6,1e6,10,20,1,2,3\n")},
         {"overlay.txt", as_bytes("3\n0 1\n1 2\n")}});
}

Target recorded_clock_target() {
    const std::string header = header_of<ComputeTraceTable>();
    return file_target("recorded-clock",
                       [](const std::string& path) { (void)RecordedClock(path, 2); },
                       {header + "\n0,train,0,0,0.5,5\n1,train,0,0,0.5,5\n0,merge,0,0,0.6,1\n"});
}

}  // namespace

std::vector<Target> emulator_targets() {
    std::vector<Target> targets;
    targets.push_back(
        file_target("link-trace",
                    [](const std::string& path) { (void)read_link_traces("--link-trace", path); },
                    {"time,rate,latency,link\n0s,10Mbps,,n0\n1.5s,down,5ms,n0\n2min,1kBps,,n1\n",
                     "latency,time\n5ms,0s\n7us,1h\n"}));
    targets.push_back(file_target(
        "mahimahi",
        [](const std::string& path) { (void)read_mahimahi_trace("--uplink-trace", path, 0.001); },
        {"0\n0\n5\n12\n1000\n", "1\n"}));
    targets.push_back(
        file_target("latency-matrix",
                    [](const std::string& path) { (void)read_latency_matrix(path); },
                    {"0ms 5ms\n5ms 0ms\n", "1us,2us,3us\n4us,5us,6us\n\n7us,8us,9us\n"}));
    targets.push_back(file_target(
        "availability",
        [](const std::string& path) {
            std::size_t passed_over = 0;
            for (const auto& spans : read_availability(path, SimTime(0), 3, passed_over)) {
                if (spans) {
                    Life life = life_of(std::make_shared<const Spans>(*spans), SimTime(1'000'000));
                    for (int i = 0; i < 100 && life.next_change(); ++i) {
                    }
                }
            }
        },
        {"node,on_s,off_s\n0,0,1\n0,2,3.5\n2,1,\n5,0,1e3\n"}));
    targets.push_back(
        file_target("devices",
                    [](const std::string& path) { (void)read_devices(path); },
                    {"device,ms_per_sample,down_bps,up_bps\nphone,12.5,2e7,5e6\n\"a, b\",1,2,3\n",
                     "device,ms_per_sample,down_bps,up_bps,idle_w,compute_w,up_j_per_byte,"
                     "down_j_per_byte\nphone,1,2,3,4,5,6e-9,7e-9\n"}));
    targets.push_back(
        file_target("speed-trace",
                    [](const std::string& path) {
                        (void)read_speed_traces(path, 3)->duration_s(1, SimTime(1), 10);
                    },
                    {"time_s,node,speed\n0,1,0.5\n5,,2\n7.5,1,1e3\n"}));
    targets.push_back(file_target(
        "config",
        [](const std::string& path) {
            ExperimentOptions options;
            read_config(path, options);
        },
        {R"({"options":{"nodes":"16","lr":"0.1","seed":"7","network":"flow","quiet":"true"}})"}));
    targets.push_back(recorded_clock_target());
    targets.push_back(file_target(
        "distribution",
        [](const std::string& path) { (void)Distribution("--uplink", "file:" + path, parse_rate); },
        {"10Mbps\n5kBps\n\n1Gbps\n"}));
    targets.push_back(file_target("attachment", attach, {"Oslo\n1\nBern\n"}));
    targets.push_back(run_folder_target());
    return targets;
}

}  // namespace murmur::fuzz
