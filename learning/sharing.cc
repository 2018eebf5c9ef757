#include "learning/sharing.h"

#include "learning/sharing/strategies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

struct Entry {
    std::string_view name;
    std::string_view help;
    SharingFactory* make;
};

constexpr std::array kStrategies{
    Entry{"full", "full: whole models, merged with the mixing weights", make_full_sharing},
    Entry{"plain-average",
          "plain-average: whole models, merged with equal weights",
          make_plain_average_sharing},
};

}  // namespace

std::unique_ptr<SharingState> Sharing::initial_state(const Parameters& /*start*/,
                                                     SharingRole /*role*/) const {
    return std::make_unique<SharingState>();
}

std::unique_ptr<const Sharing> make_sharing(std::string_view spec, std::string_view /*codec*/) {
    const Spec parsed = parse_spec(spec);
    std::vector<std::string_view> names;
    for (const Entry& entry : kStrategies) {
        if (parsed.name == entry.name) {
            return entry.make(parsed);
        }
        names.push_back(entry.name);
    }
    throw std::invalid_argument(
        fmt::format("sharing: unknown, got '{}', allowed {}", spec, fmt::join(names, ", ")));
}

std::string sharing_help() {
    std::string help;
    for (const Entry& entry : kStrategies) {
        help += fmt::format("{}\n", entry.help);
    }
    return help;
}

void require_no_sharing_argument(const Spec& spec) {
    if (spec.has_argument) {
        throw std::invalid_argument(
            fmt::format("sharing {}: takes no argument, got '{}'", spec.name, spec.argument));
    }
}

}  // namespace murmur
