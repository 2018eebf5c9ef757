// Tasks that throw, runs that are cancelled, graphs that go before their tasks.
#include "emulator/tasks/task_graph.h"
#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "tests/unit/emulator/plain_task.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace murmur {
namespace {

using namespace std::chrono_literals;
using test::submit;
using test::TaskRef;
using test::TaskSpec;

TaskSpec failing(SimTime start, const std::string& message, std::uint32_t node = 0) {
    return {.node = node, .start = start, .run = [message](unsigned) {
                throw std::runtime_error(message);
            }};
}

/// A task that blocks its worker until the latch opens.
TaskSpec blocking(const std::shared_ptr<std::latch>& latch, SimTime start = SimTime(-1)) {
    return {.start = start, .run = [latch](unsigned) { latch->wait(); }};
}

TEST_CASE("what a task threw is thrown to who waits for it") {
    TaskGraph graph({.workers = 1});
    const TaskRef task = submit(graph, failing(3s, "the loss is nan"));
    CHECK_THROWS_WITH_AS(graph.wait(task), "the loss is nan", std::runtime_error);
    CHECK_THROWS_WITH_AS(graph.wait_all(), "the loss is nan", std::runtime_error);
    graph.wait_until_over(task);
    CHECK(graph.is_over(task));
    CHECK_FALSE(graph.has_value(task));
    CHECK(graph.first_failure() == SimTime(3s));
}

TEST_CASE("tasks that need the result of a failed one are dropped, and tell the same") {
    TaskGraph graph({.workers = 1});
    bool has_run = false;
    const TaskRef failed = submit(graph, failing(1s, "broken"));
    // Starts earlier, so that only the missing input keeps it from running.
    const TaskRef child =
        submit(graph, {.after = {failed}, .run = [&has_run](unsigned) { has_run = true; }});
    const TaskRef grandchild =
        submit(graph, {.after = {child}, .run = [&has_run](unsigned) { has_run = true; }});
    CHECK_THROWS_WITH_AS(graph.wait(grandchild), "broken", std::runtime_error);
    const TaskRef late_comer =
        submit(graph, {.after = {grandchild}, .run = [&has_run](unsigned) { has_run = true; }});
    CHECK_THROWS_WITH_AS(graph.wait(late_comer), "broken", std::runtime_error);
    CHECK_FALSE(has_run);
}

TEST_CASE("after a failure, tasks of earlier instants still run and later ones are dropped") {
    TaskGraph graph({.workers = 1});
    std::string ran;
    const TaskRef failed = submit(graph, failing(5s, "broken"));
    graph.wait_until_over(failed);
    submit(graph, {.start = 4s, .run = [&ran](unsigned) { ran += "earlier "; }});
    submit(graph, {.start = 5s, .run = [&ran](unsigned) { ran += "same "; }});
    const TaskRef later =
        submit(graph, {.start = 6s, .run = [&ran](unsigned) { ran += "later "; }});
    CHECK_THROWS_AS(graph.wait_all(), std::runtime_error);
    CHECK(ran == "earlier same ");
    CHECK_FALSE(graph.has_value(later));
}

TEST_CASE("the failure that is first in simulated time is reported, whatever failed first") {
    TaskGraph graph({.workers = 2});
    const auto latch = std::make_shared<std::latch>(1);
    const TaskRef hold = submit(graph, blocking(latch));
    TaskSpec early = failing(1s, "early");
    early.after = {hold};
    submit(graph, std::move(early));
    const TaskRef late = submit(graph, failing(2s, "late"));
    graph.wait_until_over(late);
    CHECK(graph.first_failure() == SimTime(2s));
    latch->count_down();
    CHECK_THROWS_WITH_AS(graph.wait_all(), "early", std::runtime_error);
    CHECK(graph.first_failure() == SimTime(1s));
}

TEST_CASE("of failures at one instant, the lowest node's is reported, then the first submitted") {
    TaskGraph graph({.workers = 2});
    const auto latch = std::make_shared<std::latch>(1);
    const TaskRef hold = submit(graph, blocking(latch));
    TaskSpec delayed = failing(1s, "node 2, first", 2);
    delayed.after = {hold};
    submit(graph, std::move(delayed));
    graph.wait_until_over(submit(graph, failing(1s, "node 2, second", 2)));
    latch->count_down();
    CHECK_THROWS_WITH_AS(graph.wait_all(), "node 2, first", std::runtime_error);
    submit(graph, failing(1s, "node 1", 1));
    CHECK_THROWS_WITH_AS(graph.wait_all(), "node 1", std::runtime_error);
}

TEST_CASE("a failure is thrown into the simulation only once it is past") {
    TaskGraph graph({.workers = 1});
    CHECK_FALSE(graph.first_failure().has_value());
    graph.rethrow_failure_before(SimTime::max());
    graph.wait_until_over(submit(graph, failing(5s, "broken")));
    graph.rethrow_failure_before(5s);
    CHECK_THROWS_WITH_AS(
        graph.rethrow_failure_before(SimTime(5s) + 1ns), "broken", std::runtime_error);
}

TEST_CASE("cancelling drops what has not started and lets running tasks end") {
    TaskGraph graph({.workers = 1});
    const auto latch = std::make_shared<std::latch>(1);
    std::atomic<bool> running{false};
    bool dropped_ran = false;
    const TaskRef first = submit(graph, {.run = [latch, &running](unsigned) {
                                     running = true;
                                     latch->wait();
                                 }});
    const TaskRef second = submit(graph, {.run = [&dropped_ran](unsigned) { dropped_ran = true; }});
    while (!running) {
        std::this_thread::yield();
    }
    graph.cancel();
    latch->count_down();
    graph.wait(first);
    CHECK_THROWS_WITH_AS(
        graph.wait(second), "a task was dropped because the run was cancelled", std::runtime_error);
    graph.wait_all();  // dropping is not a failure
    graph.hold_back();
    CHECK_FALSE(dropped_ran);
    CHECK_FALSE(graph.has_value(second));
}

TEST_CASE("a task lets go of its inputs when it is over, whether it ran, failed or was dropped") {
    TaskGraph graph({.workers = 1});
    const auto input = std::make_shared<int>(1);
    const TaskRef ran = submit(graph, {.run = [input](unsigned) {}});
    const TaskRef failed =
        submit(graph, {.run = [input](unsigned) { throw std::runtime_error("broken"); }});
    const TaskRef dropped = submit(graph, {.after = {failed}, .run = [input](unsigned) {}});
    graph.wait_until_over(dropped);
    graph.wait_until_over(ran);
    CHECK(input.use_count() == 1);
}

TEST_CASE("a graph that goes drops its tasks, and leaves none that hold on to each other") {
    const auto input = std::make_shared<int>(1);
    {
        TaskGraph graph({.workers = 2});
        const auto latch = std::make_shared<std::latch>(1);
        std::vector<TaskRef> tasks{submit(graph, blocking(latch)), submit(graph, blocking(latch))};
        for (int i = 0; i < 100; ++i) {
            // As a handle does: the task's work holds what names the task.
            const auto self = std::make_shared<TaskRef>();
            *self = submit(graph, {.after = {tasks.back()}, .run = [input, self](unsigned) {}});
            tasks.push_back(*self);
        }
        latch->count_down();
    }
    CHECK(input.use_count() == 1);
}

TEST_CASE("tasks that nobody needs any more are dropped, and are no failure") {
    TaskGraph graph({.workers = 1});
    std::string ran;
    const auto gate = std::make_shared<std::latch>(1);
    submit(graph, blocking(gate));
    for (const SimTime start : {SimTime(3s), SimTime(2s), SimTime(1s)}) {
        submit(graph, {.start = start, .run = [&ran, start](unsigned) {
                           ran += static_cast<char>('0' + start / 1s);
                       }});
    }
    CHECK_FALSE(graph.first_lost());
    graph.drop_from(2s);
    graph.drop_from(3s);  // the earliest counts
    gate->count_down();
    graph.wait_all();
    CHECK(ran == "1");
    CHECK(graph.first_lost() == SimTime(2s));
    CHECK_FALSE(graph.first_failure());
    CHECK_FALSE(graph.failure());
}

TEST_CASE("what failed or was dropped first is what was lost first") {
    TaskGraph graph({.workers = 1});
    const TaskRef failed = submit(graph, failing(5s, "broken"));
    submit(graph, {.start = 7s, .after = {failed}, .run = [](unsigned) {}});
    CHECK_THROWS(graph.wait_all());
    CHECK(graph.first_lost() == SimTime(5s));
    CHECK_THROWS_WITH(std::rethrow_exception(graph.failure()), "broken");
}

TEST_CASE("an interruption ends the wait for a value") {
    std::atomic<bool> interrupted{false};
    TaskGraph graph({.workers = 1, .is_interrupted = [&] { return interrupted.load(); }});
    const auto gate = std::make_shared<std::latch>(1);
    submit(graph, blocking(gate));
    const TaskRef waiting = submit(graph, {.start = 1s, .run = [](unsigned) {}});
    interrupted = true;
    std::thread opener([&] {
        std::this_thread::sleep_for(300ms);
        gate->count_down();
    });
    CHECK_THROWS_WITH(graph.wait(waiting), "a task was dropped because the run was cancelled");
    opener.join();
}

TEST_CASE("threads that the system does not give are an error, not the end of the process") {
    if (test::leaves_out_memory("threads that the system does not give are an error, not the end of the process")) {
        return;
    }
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Room for some stacks of 8 MB, on top of what is mapped.
        std::ifstream statm("/proc/self/statm");
        rlim_t pages = 0;
        statm >> pages;
        const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (100 << 20);
        const rlimit limit{bytes, bytes};
        setrlimit(RLIMIT_AS, &limit);
        try {
            const TaskGraph graph({.workers = 400});
        } catch (const std::runtime_error& error) {
            const std::string text = error.what();
            _exit(text.starts_with("the system gives ") && text.ends_with("use fewer --workers")
                      ? 0
                      : 1);
        }
        _exit(2);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace murmur
