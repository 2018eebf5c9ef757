// The bridge with clocks that know durations: completions land at once in the event queue.
#include "emulator/tasks/bridge.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/bridge_fixture.h"
#include "tests/unit/emulator/plain_task.h"

#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using test::observe;
using test::run;
using test::TaskRef;

/// 2 ms per sample on a device of speed 1; node 1 is half as fast.
const ModelledClock kClock({.seconds_per_sample = 2e-3}, 0, {1, 0.5}, 1);

TaskDescription training(std::uint32_t node, std::int64_t samples) {
    return {.node = node, .cost = {.kind = TaskKind::kTrain, .samples = samples}};
}

TEST_CASE("a task of known duration completes at the exact simulated instant") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 2});
    Bridge bridge(graph, kClock);
    std::vector<SimTime> completions;
    std::vector<SimTime> durations;
    Bridge::after(1s, [&] {
        for (const std::uint32_t node : {0, 1}) {
            run(bridge,
                {.start = Bridge::now(), .run = [](unsigned) {}},
                training(node, 21),
                [&](SimTime duration) {
                    completions.push_back(Bridge::now());
                    durations.push_back(duration);
                });
        }
    });
    ns3::Simulator::Run();
    CHECK(completions == std::vector<SimTime>{1042ms, 1084ms});
    CHECK(durations == std::vector<SimTime>{42ms, 84ms});
}

TEST_CASE("a task of no duration completes at the instant of its start, after what is due before") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, kClock);
    std::vector<int> order;
    Bridge::after(1s, [&] {
        Bridge::after(0s, [&order] { order.push_back(1); });
        run(bridge, {.run = [](unsigned) {}}, training(0, 0), [&order](SimTime duration) {
            order.push_back(2);
            CHECK(Bridge::now() == SimTime(1s));
            CHECK(duration == SimTime(0));
        });
    });
    ns3::Simulator::Run();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("the simulation passes a completion whose task has not even started") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, kClock);
    const auto latch = std::make_shared<std::latch>(1);
    SimTime completion{0};
    const TaskRef task =
        run(bridge, {.run = [latch](unsigned) { latch->wait(); }}, training(0, 1), [&](SimTime) {
            completion = Bridge::now();
        });
    ns3::Simulator::Run();
    CHECK(completion == SimTime(2ms));
    CHECK_FALSE(graph.is_over(task));
    latch->count_down();
    graph.wait_all();
}

TEST_CASE("an event that needs a value waits for it, in real time alone") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, kClock);
    const auto burn_and_tell = [] {
        test::burn(5ms);
        return 42;
    };
    Handle<int> result;
    const Work work =
        make_work({.kind = TaskKind::kTrain}, 0, burn_and_tell, [&](Handle<int> made) {
            result = std::move(made);
            CHECK(bridge.value(result) == 42);
            CHECK(Bridge::now() == SimTime(0));
        });
    bridge.run(training(0, 0), work, [&work](SimTime) { work.complete(); });
    ns3::Simulator::Run();
    CHECK(bridge.value(result) == 42);
    CHECK(bridge.value(Handle<int>::ready(7)) == 7);
}

TEST_CASE("a failed task ends the simulation at the next task of a later instant") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 1});
    Bridge bridge(graph, kClock);
    bool later_ran = false;
    Bridge::after(1s, [&] {
        const TaskRef task =
            run(bridge,
                {.start = Bridge::now(),
                 .run = [](unsigned) { throw std::runtime_error("the loss is nan"); }},
                training(0, 1),
                [](SimTime) {});
        graph.wait_until_over(task);
        // At the same instant nothing is thrown: an earlier node may fail here as well.
        observe(bridge, {.start = Bridge::now(), .run = [](unsigned) {}});
    });
    Bridge::after(2s, [&] {
        observe(bridge, {.start = Bridge::now(), .run = [&](unsigned) { later_ran = true; }});
    });
    CHECK_THROWS_WITH_AS(ns3::Simulator::Run(), "the loss is nan", std::runtime_error);
    CHECK_FALSE(later_ran);
}

TEST_CASE("a trace that ends too early leaves no task behind") {
    const test::FreshSimulator simulator;
    TaskGraph graph({.workers = 1});
    struct : ComputeClock {
        [[nodiscard]] std::optional<SimTime> duration(const TaskDescription&) const override {
            throw std::runtime_error("the trace ends");
        }
    } clock;
    Bridge bridge(graph, clock);
    bool ran = false;
    CHECK_THROWS_WITH_AS(
        run(bridge, {.run = [&ran](unsigned) { ran = true; }}, training(0, 1), [](SimTime) {}),
        "the trace ends",
        std::runtime_error);
    graph.wait_all();
    CHECK_FALSE(ran);
}

TEST_CASE("time that ns-3 cannot count is an error, not an event in the past") {
    const test::FreshSimulator simulator;
    Bridge::after(1s, [] {
        Bridge::after(SimTime::max() - 1s, [] {});
        CHECK_THROWS_AS(Bridge::after(SimTime::max(), [] {}), std::range_error);
        ns3::Simulator::Stop();
    });
    ns3::Simulator::Run();
}

}  // namespace
}  // namespace murmur
