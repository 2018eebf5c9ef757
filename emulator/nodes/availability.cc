#include "emulator/nodes/availability.h"

#include "emulator/base/quantity.h"
#include "emulator/network/network_options.h"

#include <fmt/format.h>

#include <filesystem>

namespace murmur {

AvailabilityRegistry& availabilities() {
    static AvailabilityRegistry registry("availability", register_all);
    return registry;
}

Availability plan_availability(std::string_view spec, NodeId num_nodes, std::uint64_t seed) {
    // A path alone is a file; no name of a choice holds a dot or a slash.
    const std::string name = parse_spec(spec).name;
    const bool is_path = !availabilities().has(name) && name.find_first_of("./") != name.npos;
    const std::string text = is_path ? fmt::format("file:{}", spec) : std::string(spec);
    const auto chosen = availabilities().select(text);
    return chosen.make({chosen.options, num_nodes, seed});
}

namespace {

Availability plan_always(const AvailabilityRequest& /*request*/) {
    return {.make_life = [](NodeId) { return Life(); }, .has_changes = false};
}

}  // namespace

void register_availability(AvailabilityRegistry& registry) {
    registry.add({"always", "every node is there all the time"}, plan_always);
}

}  // namespace murmur
