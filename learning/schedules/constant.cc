#include "learning/schedule.h"

namespace murmur {

void register_constant(ScheduleRegistry& registry) {
    registry.add(
        {"constant", "the rate of --lr", schedule_options({})},
        [](const Options&, const ScheduleSpan&) { return [](double /*t*/) { return 1.0; }; });
}

}  // namespace murmur
