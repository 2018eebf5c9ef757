// The thread CPU time of tasks, which the measured clock reads.
#include "emulator/tasks/task_graph.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/bridge_fixture.h"
#include "tests/unit/emulator/plain_task.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using test::burn;
using test::submit;
using test::TaskRef;
using test::TaskSpec;

TEST_CASE("the CPU time of a running task never falls, and its final figure is never less") {
    TaskGraph graph({.workers = 2});
    for (int repeat = 0; repeat < 20; ++repeat) {
        const TaskRef task = submit(graph, {.run = [](unsigned) { burn(2ms); }});
        nanoseconds before{0};
        bool grew_monotonically = true;
        while (!graph.is_over(task)) {
            const nanoseconds reading = graph.cpu_time(task);
            grew_monotonically = grew_monotonically && reading >= before;
            before = reading;
        }
        const nanoseconds final_figure = graph.cpu_time(task);
        CHECK(grew_monotonically);
        CHECK(final_figure >= before);
        CHECK(final_figure >= 2ms);
        CHECK(graph.cpu_time(task) == final_figure);
    }
}

TEST_CASE("a task that sleeps spends no CPU time, one that waits for its turn none at all") {
    TaskGraph graph({.workers = 1});
    const auto latch = std::make_shared<std::latch>(1);
    const TaskRef sleeper = submit(graph, {.run = [latch](unsigned) { latch->wait(); }});
    const TaskRef waiting = submit(graph, {.run = [](unsigned) {}});
    std::this_thread::sleep_for(30ms);
    CHECK(graph.cpu_time(waiting) == 0ns);
    latch->count_down();
    graph.wait_all();
    CHECK(graph.cpu_time(sleeper) < 10ms);
}

TEST_CASE("busy neighbors do not enter a task's CPU time") {
    // Eight tasks of 10 ms at once, on however few cores.
    TaskGraph graph({.workers = 8});
    std::vector<TaskRef> tasks;
    for (int i = 0; i < 8; ++i) {
        tasks.push_back(submit(graph, {.run = [](unsigned) { burn(10ms); }}));
    }
    graph.wait_all();
    for (const TaskRef& task : tasks) {
        CHECK(graph.cpu_time(task) >= 10ms);
        CHECK(graph.cpu_time(task) < 15ms);
    }
}

TEST_CASE("usage adds up by kind, failed tasks included") {
    TaskGraph graph({.workers = 2});
    submit(graph, {.kind = TaskKind::kTrain, .run = [](unsigned) { burn(2ms); }});
    submit(graph, {.kind = TaskKind::kTrain, .run = [](unsigned) { burn(2ms); }});
    submit(graph, {.kind = TaskKind::kMerge, .run = [](unsigned) {
                       burn(1ms);
                       throw std::runtime_error("broken");
                   }});
    CHECK_THROWS(graph.wait_all());
    const TaskGraph::Usage usage = graph.usage();
    CHECK(usage.cpu_time[static_cast<int>(TaskKind::kTrain)] >= 4ms);
    CHECK(usage.cpu_time[static_cast<int>(TaskKind::kMerge)] >= 1ms);
    CHECK(usage.cpu_time[static_cast<int>(TaskKind::kEvaluate)] == 0ns);
    CHECK(usage.tasks[static_cast<int>(TaskKind::kTrain)] == 2);
    CHECK(usage.tasks[static_cast<int>(TaskKind::kMerge)] == 1);
    CHECK(usage.total() >= 5ms);
}

}  // namespace
}  // namespace murmur
