#include "emulator/run/rank_meetings.h"

#include "emulator/base/interrupt.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/run/experiment_plan.h"
#include "emulator/tasks/task_graph.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kShortWait{5};
/// For how long an interrupted run waits for other ranks, which may be gone.
constexpr std::chrono::milliseconds kPatience{700};

}  // namespace

Ranks* begin_with_ranks(const ExperimentPlan& plan) {
    if (plan.ranks != nullptr) {
        using Instant = std::chrono::steady_clock::time_point;
        plan.ranks->give_up_waiting = [since = std::optional<Instant>()]() mutable {
            const Instant now = std::chrono::steady_clock::now();
            since =
                InterruptGuard::is_requested() ? std::optional(since.value_or(now)) : std::nullopt;
            if (since && now > *since + kPatience) {
                throw std::runtime_error("the other ranks do not answer");
            }
        };
        plan.ranks->begin_run(plan.deal_nodes());
    }
    return plan.ranks.get();
}

void wait_for_others(const TaskGraph& graph,
                     const std::function<void()>& look,
                     const std::function<bool()>& is_interrupted) {
    // A rank that is gone does not answer; whoever has launched it ends the others.
    std::optional<std::chrono::steady_clock::time_point> given_up_at;
    while (!graph.have_others_ended()) {
        std::this_thread::sleep_for(kShortWait);
        look();
        if (is_interrupted() && !given_up_at) {
            given_up_at = std::chrono::steady_clock::now() + kPatience;
        }
        if (given_up_at && std::chrono::steady_clock::now() > *given_up_at) {
            return;
        }
    }
}

void tell_ending(Ranks& ranks, const Ending& ending) {
    ByteSink sink;
    sink.u8(static_cast<std::uint8_t>(ending.cause));
    sink.u8(ending.is_now ? 1 : 0);
    sink.u64(static_cast<std::uint64_t>(ending.end.count()));
    (void)ranks.share([&] { return written(sink); });
}

Ending follow_ending(Ranks& ranks) {
    const Exchange::Bytes bytes = ranks.share({});
    ByteSource source(bytes);
    Ending ending{.cause = static_cast<Ending::Cause>(source.u8()),
                  .is_now = source.u8() != 0,
                  .error = std::make_exception_ptr(std::runtime_error("see rank 0"))};
    ending.end = SimTime(static_cast<SimTime::rep>(source.u64()));
    return ending;
}

}  // namespace murmur
