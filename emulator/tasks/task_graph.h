#pragma once

#include "emulator/base/sim_time.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

namespace murmur {

enum class TaskKind : std::uint8_t { kTrain, kEncode, kMerge, kEvaluate };

/// Returns `train`, `encode`, `merge` or `evaluate`.
[[nodiscard]] std::string_view task_kind_name(TaskKind kind);

enum class TaskState : std::uint8_t { kWaiting, kRunning, kFinished, kDropped };

class Task;
/// Names a submitted task; copying it costs nothing.
using TaskRef = std::shared_ptr<Task>;

/// A piece of learning: pure work that reads the outputs of other tasks and makes its own.
struct TaskSpec {
    TaskKind kind = TaskKind::kTrain;
    std::uint32_t node = 0;        ///< whose work it is
    SimTime start{0};              ///< simulated instant; earlier tasks run first
    std::size_t output_bytes = 0;  ///< parameters that it will make, for the memory bound
    std::vector<TaskRef> after{};  ///< tasks that must be finished before; empty refs are skipped
    std::function<void(unsigned worker)> run{};
};

/// Runs learning tasks on worker threads: whichever is ready, the earliest simulated time first.
///
/// The thread that made the graph submits and waits; `run` functions execute on workers, each with
/// the number of its worker (0 ... num_workers-1).  What a task wrote is visible to the tasks after
/// it and to a thread that has seen it finished.
class TaskGraph {
  public:
    struct Options {
        unsigned workers = 1;
        /// Bound on live plus promised bytes of parameters above which `hold_back` waits.
        std::size_t memory_limit_bytes = SIZE_MAX;
        std::function<std::size_t()> live_bytes{};  ///< required with a limit
        /// Asked now and then while `hold_back` and `wait` wait: true lets the first return, limit
        /// or not, and has the second cancel.
        std::function<bool()> is_interrupted = [] { return false; };
        std::function<void(unsigned worker)> on_worker_start{};  ///< runs first on each thread
    };

    /// CPU time spent inside tasks, by kind.
    struct Usage {
        std::chrono::nanoseconds cpu_time[4]{};
        std::uint64_t tasks[4]{};
        [[nodiscard]] std::chrono::nanoseconds total() const;
    };

    /// @throws std::runtime_error  where the system gives no more threads
    explicit TaskGraph(Options options);
    /// Drops what has not started and joins the workers.
    ~TaskGraph();
    TaskGraph(const TaskGraph&) = delete;
    TaskGraph& operator=(const TaskGraph&) = delete;

    TaskRef submit(TaskSpec spec);

    /// Waits until the task is over.
    /// @throws  where it has no result: what a task threw, or std::runtime_error after `cancel`
    void wait(const TaskRef& task);
    /// Waits until the task is over, with or without a result.
    void wait_until_over(const TaskRef& task);
    /// Waits until every task that was submitted is over.
    /// @throws  what the task threw that failed first in simulated time, if any did
    void wait_all();
    /// Waits until every task is over or `timeout` of real time is; returns whether they are.
    [[nodiscard]] bool wait_all_for(std::chrono::milliseconds timeout);
    /// Waits until the task is over or `timeout` of real time is over.
    void wait_for(const TaskRef& task, std::chrono::microseconds timeout);

    /// Waits while live plus promised parameters exceed the limit and unfinished tasks can lower
    /// them, unless the run is interrupted; the reason why a simulation cannot run ahead of its
    /// learning without end.
    void hold_back();

    /// Returns whether the task has run or was dropped.
    [[nodiscard]] bool is_over(const TaskRef& task) const;
    /// Returns whether the task has run to its end, so that its outputs exist.
    [[nodiscard]] bool has_result(const TaskRef& task) const;
    /// Returns the thread CPU time of a task: final when it is over, so far when it runs, 0
    /// before.
    [[nodiscard]] std::chrono::nanoseconds cpu_time(const TaskRef& task) const;

    /// Drops every task that has not started; running ones end.  Waiting for them throws.
    void cancel();
    /// Drops every task that starts at `instant` or later and has not run: nobody needs it.
    void drop_from(SimTime instant);
    /// Returns the least simulated start of a task that has no result: it failed, or was dropped.
    [[nodiscard]] std::optional<SimTime> first_lost() const;
    /// Throws what a task threw whose simulated start is before `now`, if any did.  Later tasks are
    /// dropped, earlier ones still run, so that the failure that is first in simulated time is the
    /// one reported, whatever the workers did first.
    void rethrow_failure_before(SimTime now) const;
    /// Returns the simulated start of the task that failed first, if any did.
    [[nodiscard]] std::optional<SimTime> first_failure() const;
    /// Returns what that task threw; null where none failed.
    [[nodiscard]] std::exception_ptr failure() const;

    [[nodiscard]] Usage usage() const;

  private:
    struct EarlierFirst {
        bool operator()(const TaskRef& a, const TaskRef& b) const;
    };

    void start_workers();
    void stop_workers();
    void work(unsigned worker);
    static std::exception_ptr run(Task& task, unsigned worker);
    [[nodiscard]] bool is_to_be_dropped(const Task& task) const;
    void account(const Task& task, const std::exception_ptr& failure);
    void finish(const TaskRef& task, TaskState end);

    Options options_;
    mutable std::mutex mutex_;
    std::condition_variable work_available_;
    mutable std::condition_variable task_finished_;
    std::set<TaskRef, EarlierFirst> ready_;
    std::uint64_t submitted_ = 0;
    std::uint64_t unfinished_ = 0;
    std::size_t promised_bytes_ = 0;
    bool stopping_ = false;
    bool cancelled_ = false;
    SimTime drop_from_{SimTime::max()};
    SimTime first_lost_{SimTime::max()};
    std::exception_ptr failure_;
    SimTime failure_start_{SimTime::max()};
    std::uint32_t failure_node_ = 0;
    std::uint64_t failure_sequence_ = 0;
    Usage usage_;
    std::vector<std::thread> threads_;
};

}  // namespace murmur
