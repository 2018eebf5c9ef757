#include "emulator/tasks/clocks.h"

#include <memory>
#include <stdexcept>

namespace murmur {

SimTime ComputeClock::from_cpu_time(std::uint32_t, std::chrono::nanoseconds) const {
    throw std::logic_error("this compute clock knows durations at submission");
}

std::optional<SimTime> MeasuredClock::duration(const TaskDescription&) const {
    return std::nullopt;
}

SimTime MeasuredClock::from_cpu_time(std::uint32_t node, std::chrono::nanoseconds cpu_time) const {
    const double nanoseconds = static_cast<double>(cpu_time.count()) / speeds_[node];
    check_countable(1e-9 * nanoseconds);
    // Rounded down, so that the bound of a running task never passes its completion.
    return SimTime(static_cast<std::int64_t>(nanoseconds));
}

void register_measured_clock(ClockRegistry& registry) {
    registry.add({"measured", "CPU time of each task's thread / speed of the node's device"},
                 [](const Options&, std::uint32_t) {
                     return [](const ClockSetting& setting) -> std::unique_ptr<const ComputeClock> {
                         refuse_speed_traces(setting, "measured");
                         return std::make_unique<MeasuredClock>(setting.speeds);
                     };
                 });
}

}  // namespace murmur
