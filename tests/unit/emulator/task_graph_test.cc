#include "emulator/tasks/task_graph.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/plain_task.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using test::submit;
using test::TaskRef;
using test::TaskSpec;

/// A task whose work is `run`, at a simulated instant.
TaskSpec task_at(SimTime start, std::function<void()> run, std::vector<TaskRef> after = {}) {
    return {.start = start, .after = std::move(after), .run = [run](unsigned) { run(); }};
}

/// Keeps every worker of a graph busy until it is opened, so that tasks queue up behind it.
class Gate {
  public:
    explicit Gate(TaskGraph& graph, unsigned workers = 1) {
        for (unsigned i = 0; i < workers; ++i) {
            tasks_.push_back(
                submit(graph, task_at(SimTime(-1), [open = open_] { open->wait(false); })));
        }
    }
    ~Gate() { open(); }
    void open() {
        *open_ = true;
        open_->notify_all();
    }
    [[nodiscard]] const TaskRef& task() const { return tasks_.front(); }

  private:
    std::shared_ptr<std::atomic<bool>> open_ = std::make_shared<std::atomic<bool>>(false);
    std::vector<TaskRef> tasks_;
};

TEST_CASE("one worker takes ready tasks in the order of their simulated starts") {
    TaskGraph graph({.workers = 1});
    std::vector<int> order;
    Gate gate(graph);
    for (const int start : {30, 10, 20, 10}) {
        submit(graph, task_at(SimTime(start), [&order, start] { order.push_back(start); }));
    }
    submit(graph, task_at(SimTime(10), [&order] { order.push_back(11); }));
    gate.open();
    graph.wait_all();
    // Of equal starts, the one submitted first.
    CHECK(order == std::vector<int>{10, 10, 11, 20, 30});
}

TEST_CASE("a task runs after all that it depends on, even where its start is earlier") {
    TaskGraph graph({.workers = 2});
    std::vector<std::string> order;
    Gate gate(graph, 2);
    const TaskRef late = submit(graph, task_at(2s, [&order] { order.emplace_back("late"); }));
    const TaskRef middle = submit(
        graph, task_at(1s, [&order] { order.emplace_back("middle"); }, {late, late, TaskRef()}));
    submit(graph, task_at(0s, [&order] { order.emplace_back("early"); }, {middle, late}));
    gate.open();
    graph.wait_all();
    CHECK(order == std::vector<std::string>{"late", "middle", "early"});
}

TEST_CASE("a task may depend on one that is over already") {
    TaskGraph graph({.workers = 1});
    int value = 0;
    const TaskRef first = submit(graph, task_at(0s, [&value] { value = 5; }));
    graph.wait(first);
    CHECK(graph.is_over(first));
    CHECK(graph.has_value(first));
    const TaskRef second = submit(graph, task_at(1s, [&value] { value *= 3; }, {first}));
    graph.wait(second);
    CHECK(value == 15);
}

TEST_CASE("what a task wrote is seen by the tasks after it and by who waited") {
    // A binary tree of sums; plain memory, so that ThreadSanitizer sees a missing fence.
    TaskGraph graph({.workers = 4});
    constexpr int kLeaves = 256;
    std::vector<int> values(2 * kLeaves, 0);
    std::vector<TaskRef> tasks(2 * kLeaves);
    for (int i = 2 * kLeaves - 1; i >= 1; --i) {
        if (i >= kLeaves) {
            tasks[i] = submit(graph, task_at(0s, [&values, i] { values[i] = i; }));
        } else {
            tasks[i] =
                submit(graph,
                       task_at(1s,
                               [&values, i] { values[i] = values[2 * i] + values[2 * i + 1]; },
                               {tasks[2 * i], tasks[2 * i + 1]}));
        }
    }
    graph.wait(tasks[1]);
    CHECK(values[1] == (3 * kLeaves - 1) * kLeaves / 2);
}

TEST_CASE("many small tasks of one submitter all run, on several workers") {
    constexpr unsigned kWorkers = 4;
    constexpr int kTasks = 20'000;
    TaskGraph graph({.workers = kWorkers});
    std::vector<int> runs(kTasks, 0);
    std::vector<std::atomic<int>> of_worker(kWorkers);
    TaskRef before;
    for (int i = 0; i < kTasks; ++i) {
        TaskSpec spec{.start = SimTime(i), .run = [&, i](unsigned worker) {
                          ++runs[i];
                          ++of_worker.at(worker);
                      }};
        if (i % 3 == 0) {
            spec.after = {before};
        }
        before = submit(graph, std::move(spec));
    }
    graph.wait_all();
    CHECK(std::accumulate(runs.begin(), runs.end(), 0) == kTasks);
    CHECK(*std::max_element(runs.begin(), runs.end()) == 1);
    CHECK(of_worker[0] + of_worker[1] + of_worker[2] + of_worker[3] == kTasks);
    CHECK(graph.usage().tasks[static_cast<int>(TaskKind::kTrain)] == kTasks);
}

TEST_CASE("every worker runs its start function once, before any task") {
    std::atomic<int> starts{0};
    std::vector<std::atomic<bool>> started(3);
    std::atomic<bool> early{false};
    TaskGraph graph({.workers = 3, .on_worker_start = [&](unsigned worker) {
                         started[worker] = true;
                         ++starts;
                     }});
    for (int i = 0; i < 100; ++i) {
        submit(graph, {.run = [&](unsigned worker) { early = early || !started[worker]; }});
    }
    graph.wait_all();
    CHECK_FALSE(early);
    CHECK(starts <= 3);
}

TEST_CASE("the graph holds its submitter back until live and promised bytes fit") {
    std::atomic<std::size_t> live{0};
    std::atomic<int> finished{0};
    TaskGraph graph(
        {.workers = 2, .memory_limit_bytes = 1000, .live_bytes = [&live] { return live.load(); }});
    int most_unfinished = 0;
    for (int i = 0; i < 500; ++i) {
        graph.hold_back();
        most_unfinished = std::max(most_unfinished, i - finished);
        submit(graph, {.start = SimTime(i), .output_bytes = 300, .run = [&](unsigned) {
                           live += 300;
                           live -= 300;
                           ++finished;
                       }});
    }
    graph.wait_all();
    // Three promises of 300 bytes fit into 1000.
    CHECK(most_unfinished <= 3);
    CHECK(finished == 500);
}

TEST_CASE("holding back ends when nothing is left that could lower the bytes") {
    TaskGraph graph(
        {.workers = 1, .memory_limit_bytes = 10, .live_bytes = [] { return std::size_t{1000}; }});
    graph.hold_back();
    submit(graph, {.output_bytes = 1000, .run = [](unsigned) {}});
    graph.hold_back();
    graph.wait_all();
}

TEST_CASE("holding back waits while promised bytes exceed the limit") {
    TaskGraph graph(
        {.workers = 1, .memory_limit_bytes = 100, .live_bytes = [] { return std::size_t{0}; }});
    Gate gate(graph);
    const TaskRef large = submit(graph, {.output_bytes = 101, .run = [](unsigned) {}});
    std::thread opener([&gate] {
        std::this_thread::sleep_for(20ms);
        gate.open();
    });
    graph.hold_back();
    CHECK(graph.is_over(large));
    opener.join();
}

TEST_CASE("holding back ends when the run is interrupted, although the task goes on") {
    std::atomic<bool> interrupted{false};
    TaskGraph graph({.workers = 1,
                     .memory_limit_bytes = 100,
                     .live_bytes = [] { return std::size_t{1000}; },
                     .is_interrupted = [&] { return interrupted.load(); }});
    Gate gate(graph);
    std::thread signal([&interrupted] {
        std::this_thread::sleep_for(20ms);
        interrupted = true;
    });
    graph.hold_back();
    CHECK_FALSE(graph.is_over(gate.task()));
    signal.join();
    gate.open();
}

TEST_CASE("waiting with a limit of time tells whether all tasks are over") {
    TaskGraph graph({.workers = 1});
    CHECK(graph.wait_all_for(0ms));
    Gate gate(graph);
    CHECK_FALSE(graph.wait_all_for(5ms));
    graph.wait_for(gate.task(), 1ms);
    CHECK_FALSE(graph.is_over(gate.task()));
    gate.open();
    CHECK(graph.wait_all_for(60s));
}

TEST_CASE("a graph without workers is refused") {
    CHECK_THROWS_WITH_AS(TaskGraph({.workers = 0}),
                         "TaskGraph: workers is 0; at least 1 is needed",
                         std::invalid_argument);
}

TEST_CASE("each kind of task has a name") {
    CHECK(task_kind_name(TaskKind::kTrain) == "train");
    CHECK(task_kind_name(TaskKind::kEncode) == "encode");
    CHECK(task_kind_name(TaskKind::kMerge) == "merge");
    CHECK(task_kind_name(TaskKind::kEvaluate) == "evaluate");
}

}  // namespace
}  // namespace murmur
