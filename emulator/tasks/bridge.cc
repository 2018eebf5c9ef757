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
    TaskRef task;
    SimTime start;
    std::uint32_t node;
    Completion on_complete;
};

SimTime Bridge::now() {
    return SimTime(ns3::Simulator::Now().GetNanoSeconds());
}

void Bridge::after(SimTime delay, std::function<void()> event) {
    if (delay > SimTime::max() - now()) {
        throw std::range_error(
            "the run goes beyond the 292 years of simulated time that ns-3 counts");
    }
    ns3::Simulator::Schedule(ns3::NanoSeconds(delay.count()), std::move(event));
}

TaskRef Bridge::run(TaskSpec spec, const ComputeJob& job, Completion on_complete) {
    graph_.rethrow_failure_before(now());
    graph_.hold_back();
    const std::optional<SimTime> duration = clock_.duration(job);
    TaskRef task = graph_.submit(std::move(spec));
    if (duration) {
        after(*duration,
              [duration, on_complete = std::move(on_complete)] { on_complete(*duration); });
    } else {
        const auto unfinished =
            std::make_shared<Unfinished>(Unfinished{task, now(), job.node, std::move(on_complete)});
        after(SimTime::zero(), [this, unfinished] { follow(unfinished); });
    }
    return task;
}

TaskRef Bridge::observe(TaskSpec spec) {
    graph_.rethrow_failure_before(now());
    graph_.hold_back();
    return graph_.submit(std::move(spec));
}

void Bridge::follow(const std::shared_ptr<Unfinished>& unfinished) {
    while (true) {
        // Asked before the CPU time is read: a task that is over has its final figure.
        const bool is_over = graph_.is_over(unfinished->task);
        const SimTime duration =
            clock_.from_cpu_time(unfinished->node, graph_.cpu_time(unfinished->task));
        const SimTime bound = unfinished->start + duration;
        if (is_over) {
            graph_.wait(unfinished->task);  // throws where it was dropped
            after(bound - now(), [unfinished, duration] { unfinished->on_complete(duration); });
            return;
        }
        if (bound > now()) {
            after(bound - now(), [this, unfinished] { follow(unfinished); });
            return;
        }
        graph_.wait_for(unfinished->task, kBoundPatience);
    }
}

}  // namespace murmur
