#include "emulator/tasks/clocks.h"

#include "tools/text/words.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

ClockRegistry& clocks() {
    static ClockRegistry registry("clock", register_all);
    return registry;
}

void refuse_speed_traces(const ClockSetting& setting, std::string_view clock) {
    if (setting.speed_traces) {
        throw std::invalid_argument(fmt::format(
            "--speed-trace: got --clock={}, allowed modelled, calibrated", clock));
    }
}

ClockFactory plan_clock(std::string_view spec, std::uint32_t num_nodes) {
    if (spec.empty()) {
        throw std::invalid_argument(
            fmt::format("--clock: a run needs a compute clock; allowed {}, such as "
                        "modelled:2ms (--help=clock has their options)",
                        listed(clocks().names())));
    }
    const auto chosen = clocks().select(spec);
    return chosen.make(chosen.options, num_nodes);
}

}  // namespace murmur
