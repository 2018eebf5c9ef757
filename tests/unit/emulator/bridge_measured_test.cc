// The bridge with the measured clock: the simulation keeps step with unfinished tasks.
#include "emulator/tasks/bridge.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/bridge_fixture.h"
#include "tests/unit/emulator/plain_task.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using test::observe;
using test::run;
using test::TaskRef;

TaskDescription training(std::uint32_t node) {
    return {.node = node, .cost = {.kind = TaskKind::kTrain}};
}

TEST_CASE("a measured task completes at its start plus CPU time over speed, to the nanosecond") {
    const test::FreshSimulator simulator;
    const MeasuredClock clock({1, 0.5});
    TaskGraph graph({.workers = 2});
    Bridge bridge(graph, clock);
    std::map<std::uint32_t, SimTime> completed_at;
    std::map<std::uint32_t, SimTime> durations;
    std::map<std::uint32_t, TaskRef> tasks;
    Bridge::after(1s, [&] {
        for (const std::uint32_t node : {0, 1}) {
            tasks[node] = run(bridge,
                              {.start = Bridge::now(), .run = [](unsigned) { test::burn(3ms); }},
                              training(node),
                              [&, node](SimTime duration) {
                                  completed_at[node] = Bridge::now();
                                  durations[node] = duration;
                              });
        }
    });
    ns3::Simulator::Run();
    CHECK(durations.at(0) == graph.cpu_time(tasks.at(0)));
    CHECK(durations.at(1) == 2 * graph.cpu_time(tasks.at(1)));
    CHECK(completed_at.at(0) == 1s + durations.at(0));
    CHECK(completed_at.at(1) == 1s + durations.at(1));
    CHECK(durations.at(0) >= 3ms);
    CHECK(durations.at(1) >= 6ms);
}

TEST_CASE("other events take their turn before, between and after measured completions") {
    const test::FreshSimulator simulator;
    const MeasuredClock clock({1, 1});
    TaskGraph graph({.workers = 2});
    Bridge bridge(graph, clock);
    std::vector<SimTime> ticks;
    std::vector<std::pair<SimTime, std::size_t>> completions;  // with the ticks seen by then
    for (std::uint32_t node = 0; node < 2; ++node) {
        run(bridge,
            {.run = [node](unsigned) { test::burn(node == 0 ? 3ms : 8ms); }},
            training(node),
            [&](SimTime) { completions.emplace_back(Bridge::now(), ticks.size()); });
    }
    for (int i = 1; i <= 100; ++i) {
        Bridge::after(SimTime(i * 500us), [&] { ticks.push_back(Bridge::now()); });
    }
    ns3::Simulator::Run();
    CHECK(ticks.size() == 100);
    CHECK(std::is_sorted(ticks.begin(), ticks.end()));
    REQUIRE(completions.size() == 2);
    for (const auto& [time, seen] : completions) {
        CHECK(seen == std::min<std::size_t>(100, static_cast<std::size_t>(time / 500us)));
    }
    CHECK(completions[0].first < completions[1].first);
}

TEST_CASE("tasks of one node that follow each other add up their CPU times") {
    const test::FreshSimulator simulator;
    const MeasuredClock clock({1});
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, clock);
    SimTime sum{0};
    int left = 5;
    std::function<void()> next = [&] {
        if (left-- > 0) {
            run(bridge,
                {.start = Bridge::now(), .run = [](unsigned) { test::burn(1ms); }},
                training(0),
                [&](SimTime duration) {
                    sum += duration;
                    CHECK(Bridge::now() == sum);
                    next();
                });
        }
    };
    Bridge::after(0s, next);
    ns3::Simulator::Run();
    CHECK(sum >= 5ms);
    CHECK(sum == graph.usage().total());
}

TEST_CASE("a measured task that needs another's result spends no simulated time on the wait") {
    const test::FreshSimulator simulator;
    const MeasuredClock clock({1, 1});
    TaskGraph graph({.workers = 2});
    Bridge bridge(graph, clock);
    std::vector<std::string> order;
    SimTime short_end{0};
    const TaskRef slow =
        run(bridge, {.run = [](unsigned) { test::burn(10ms); }}, training(0), [&](SimTime) {
            order.emplace_back("slow");
        });
    // Takes 1 ms of its own, although its input exists only after 10 ms of work.
    run(bridge,
        {.after = {slow}, .run = [](unsigned) { test::burn(1ms); }},
        training(1),
        [&](SimTime) {
            order.emplace_back("short");
            short_end = Bridge::now();
        });
    ns3::Simulator::Run();
    CHECK(order == std::vector<std::string>{"short", "slow"});
    CHECK(short_end < 9ms);
}

TEST_CASE("a measured task that throws ends the simulation with its message") {
    const test::FreshSimulator simulator;
    const MeasuredClock clock({1});
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, clock);
    bool completed = false;
    run(bridge,
        {.run = [](unsigned) { throw std::runtime_error("the loss is nan"); }},
        training(0),
        [&](SimTime) { completed = true; });
    CHECK_THROWS_WITH_AS(ns3::Simulator::Run(), "the loss is nan", std::runtime_error);
    CHECK_FALSE(completed);
}

}  // namespace
}  // namespace murmur
