#include "emulator/tasks/bridge.h"

#include "ns3/nstime.h"
#include "ns3/simulator.h"

#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

/// How long a placeholder waits for its bound to grow: short beside a training step, long beside
/// the cost of moving an event.
constexpr std::chrono::microseconds kBoundPatience{500};

}  // namespace

/// A measured task whose completion is not known yet.
struct Bridge::Unfinished {
    AnyHandle output;
    SimTime start;
    std::uint32_t node;
    Completion on_complete;
};

SimTime Bridge::now() {
    return SimTime(ns3::Simulator::Now().GetNanoSeconds());
}

ns3::EventId Bridge::after(SimTime delay, std::function<void()> event) {
    if (delay > SimTime::max() - now()) {
        throw std::range_error(
            "the run goes beyond the 292 years of simulated time that ns-3 counts");
    }
    return ns3::Simulator::Schedule(ns3::NanoSeconds(delay.count()), std::move(event));
}

void Bridge::let_catch_up() {
    graph_.rethrow_failure_before(now());
    graph_.hold_back();
}

AnyHandle Bridge::run(const TaskDescription& description,
                      const Work& work,
                      Completion on_complete) {
    let_catch_up();
    const std::optional<SimTime> duration = clock_.duration(description);
    AnyHandle output = work.submit(graph_, description);
    schedule_end(description, output, duration, std::move(on_complete));
    return output;
}

void Bridge::run_aside(const TaskDescription& description, const Work& work) {
    let_catch_up();
    static_cast<void>(work.submit(graph_, description));
    work.complete();
}

void Bridge::take_time_again(const TaskDescription& task,
                             const AnyHandle& output,
                             Completion on_complete) {
    schedule_end(task, output, clock_.duration(task), std::move(on_complete));
}

void Bridge::schedule_end(const TaskDescription& task,
                          const AnyHandle& output,
                          std::optional<SimTime> duration,
                          Completion on_complete) {
    if (duration) {
        after(*duration,
              [duration, on_complete = std::move(on_complete)] { on_complete(*duration); });
    } else {
        graph_.check_shares_cpu_times();
        const auto unfinished = std::make_shared<Unfinished>(
            Unfinished{output, now(), task.node, std::move(on_complete)});
        after(SimTime::zero(), [this, unfinished] { follow(unfinished); });
    }
}

SimTime Bridge::duration_of(const TaskDescription& task, const AnyHandle& output) const {
    const std::optional<SimTime> known = clock_.duration(task);
    return known ? *known : clock_.from_cpu_time(task.node, graph_.cpu_time(output));
}

SimTime Bridge::await_duration(const TaskDescription& task, const AnyHandle& output) {
    const std::optional<SimTime> known = clock_.duration(task);
    if (!known) {
        graph_.wait_until_over(output);
    }
    return known ? *known : duration_of(task, output);
}

void Bridge::follow(const std::shared_ptr<Unfinished>& unfinished) {
    while (true) {
        // Asked before the CPU time is read: a task that is over has its final figure.
        const bool is_over = graph_.is_over(unfinished->output);
        const SimTime duration =
            clock_.from_cpu_time(unfinished->node, graph_.cpu_time(unfinished->output));
        const SimTime bound = unfinished->start + duration;
        if (is_over) {
            graph_.require_result(unfinished->output);
            after(bound - now(), [unfinished, duration] { unfinished->on_complete(duration); });
            return;
        }
        if (bound > now()) {
            after(bound - now(), [this, unfinished] { follow(unfinished); });
            return;
        }
        graph_.wait_for(unfinished->output, kBoundPatience);
    }
}

}  // namespace murmur
