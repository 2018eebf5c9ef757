#include "emulator/run/devices.h"

#include "emulator/tasks/compute_clock.h"
#include "emulator/tasks/speed_traces.h"
#include "tests/support/doctest.h"
#include "tests/support/temporary_folder.h"

#include <fstream>
#include <map>
#include <set>
#include <string>

namespace murmur {
namespace {

std::string written(const test::TemporaryFolder& folder, const std::string& text) {
    const std::string path = (folder.path() / "table.csv").string();
    std::ofstream(path) << text;
    return path;
}

template <class F>
std::string refusal(F&& read) {
    try {
        read();
    } catch (const std::invalid_argument& refused) {
        const std::string said = refused.what();
        const std::size_t file = said.find("table.csv");
        return file == said.npos ? said : said.substr(file);
    }
    return "taken";
}

TEST_CASE("a table of devices is read, drawn from and taken in turns") {
    const test::TemporaryFolder folder;
    const std::string path = written(folder,
                                     "device,ms_per_sample,down_bps,up_bps\n"
                                     "phone,12.5,20000000,5000000\n"
                                     "\"laptop, old\",3,1e8,5e7\n");
    const DeviceTable table = read_devices(path);
    REQUIRE(table.rows.size() == 2);
    CHECK_FALSE(table.has_energy);
    CHECK(table.rows[0] == DeviceRow{"phone", 12.5, 20e6, 5e6, {}});
    CHECK(table.rows[1] == DeviceRow{"laptop, old", 3, 1e8, 5e7, {}});
    const DevicePlan turns = plan_devices(path + ",assign=in-order", 5, 1);
    CHECK(turns.of_node == std::vector<std::uint32_t>{0, 1, 0, 1, 0});
    const DevicePlan drawn = plan_devices(path, 200, 1);
    std::map<std::uint32_t, int> counts;
    for (const std::uint32_t row : drawn.of_node) {
        ++counts[row];
    }
    CHECK(counts[0] > 70);
    CHECK(counts[1] > 70);
}

TEST_CASE("a malformed table is refused with its line") {
    const test::TemporaryFolder folder;
    const auto error = [&](const std::string& text) {
        const std::string path = written(folder, text);
        return refusal([&] { (void)read_devices(path); });
    };
    const std::string header = "device,ms_per_sample,down_bps,up_bps\n";
    CHECK(error("device,speed\n").starts_with("table.csv:1: got the header 'device,speed', allowed"));
    CHECK(error(header) == "table.csv holds no device");
    CHECK(error(header + "a,1,2\n") == "table.csv:2: got 3 fields, allowed 4 as in the header");
    CHECK(error(header + "a,0,2,3\n") ==
          "table.csv:2: ms_per_sample: got '0', allowed 1e-09 to 1e+09");
    CHECK(error(header + "a,1,nan,3\n") ==
          "table.csv:2: down_bps: got 'nan', allowed 1 to 1e+18");
}

// Expectation: 2 W for 3 s + 4 s, 5 W for 10 s, 1 uJ a byte up and 0.5 uJ down; nothing while away.
TEST_CASE("joules are watts times seconds, and so much a byte") {
    const std::vector<EnergyUse> all =
        plan_energy("idle=2W,compute=5W,up=1uJ,down=500nJ", {}, 3, 1);
    REQUIRE(all.size() == 3);
    Observation seen;
    seen.time_use.compute = std::chrono::seconds(10);
    seen.time_use.communication = std::chrono::seconds(3);
    seen.time_use.idle = std::chrono::seconds(4);
    seen.time_use.away = std::chrono::seconds(100);
    seen.bytes_sent = 1'000'000;
    seen.bytes_received = 2'000'000;
    CHECK(all[1].joules(seen) == doctest::Approx(14 + 50 + 1 + 1).epsilon(1e-12));
    CHECK(plan_energy("", {}, 3, 1).empty());
    const std::vector<EnergyUse> drawn =
        plan_energy("idle=uniform:1W:3W,compute=choice:4W:8W,up=loguniform:1nJ:1uJ", {}, 50, 1);
    std::set<double> idle;
    std::set<double> compute;
    for (const EnergyUse& use : drawn) {
        CHECK((use.idle_w >= 1 && use.idle_w <= 3));
        CHECK((use.up_j_per_byte >= 1e-9 && use.up_j_per_byte <= 1e-6));
        CHECK(use.down_j_per_byte == 0);
        idle.insert(use.idle_w);
        compute.insert(use.compute_w);
    }
    CHECK(idle.size() == drawn.size());
    CHECK(compute == std::set<double>{4, 8});
    CHECK(refusal([] { (void)plan_energy("idle=2", {}, 3, 1); }) ==
          "--energy: idle: got '2', allowed a power of up to 1e15 W with its unit (kW, W, mW, uW, "
          "nW, pW), such as 5W");
    for (const std::string wrong : {"-1nJ", "1e16J", "1e13kJ", "5W", "J", "5 J"}) {
        CHECK(refusal([&] { (void)plan_energy("up=" + wrong, {}, 3, 1); }) ==
              "--energy: up: got '" + wrong +
                  "', allowed an energy of up to 1e15 J with its unit (kJ, J, mJ, uJ, nJ, pJ), such "
                  "as 5mJ");
    }
    CHECK(refusal([] { (void)plan_energy("devices", {}, 3, 1); }).starts_with("--energy: got devices"));
    const test::TemporaryFolder folder;
    const std::string path = written(
        folder,
        "device,ms_per_sample,down_bps,up_bps,idle_w,compute_w,up_j_per_byte,down_j_per_byte\n"
        "phone,1,1e6,1e6,0.5,4,1e-6,2e-6\n");
    const DevicePlan devices = plan_devices(path, 2, 1);
    CHECK(plan_energy("devices", devices, 2, 1)[1] == EnergyUse{0.5, 4, 1e-6, 2e-6});
}

// Expectation: work of 10 s at speed 1 that begins at 1 s: 4 s at speed 1, then 3 s at 0.5 do 1.5 s,
// and the 4.5 s that are left take 2.25 s at speed 2.
TEST_CASE("work takes what speeds over time make of it") {
    const test::TemporaryFolder folder;
    const std::string path =
        written(folder, "time_s,node,speed\n5,1,0.5\n8,,2\n20,0,3\n");
    const auto traces = read_speed_traces(path, 3);
    CHECK(traces->duration_s(1, std::chrono::seconds(1), 10) == doctest::Approx(9.25));
    CHECK(traces->duration_s(1, std::chrono::seconds(6), 0.5) == doctest::Approx(1));
    CHECK(traces->duration_s(2, std::chrono::seconds(0), 8) == doctest::Approx(8));
    CHECK(traces->duration_s(0, std::chrono::seconds(30), 9) == doctest::Approx(3));
    const ModelledClock clock(
        {.seconds_per_sample = 1}, 0, {1, 2, 1}, 1, traces);
    const TaskDescription task{
        .node = 1, .start = std::chrono::seconds(1), .cost = {.samples = 20}};
    CHECK(to_seconds(*clock.duration(task)) == doctest::Approx(9.25));
    const auto error = [&](const std::string& text) {
        const std::string bad = written(folder, text);
        return refusal([&] { (void)read_speed_traces(bad, 3); });
    };
    CHECK(error("time_s,node,speed\n5,1,0.5\n4,1,1\n") ==
          "table.csv:3: out of order, got 4 s after 5 s of the same node");
    CHECK(error("time_s,node,speed\n5,3,0.5\n") ==
          "table.csv:2: node: got '3', allowed 0 to 2, or none");
    CHECK(error("time_s,node,speed\n5,1,0\n") ==
          "table.csv:2: speed: got '0', allowed 1e-6 to 1e6");
}

}  // namespace
}  // namespace murmur
