#include "learning/sharing.h"

#include "learning/sharing/in_parts.h"
#include "learning/sharing/strategies.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace murmur {

std::unique_ptr<SharingState> Sharing::initial_state(const Parameters& /*start*/,
                                                     SharingRole /*role*/) const {
    return std::make_unique<SharingState>();
}

StrategyRegistry& strategies() {
    static StrategyRegistry registry("sharing", register_all);
    return registry;
}

std::unique_ptr<SharingState> Sharing::read_state(ByteSource& /*nothing*/) const {
    return std::make_unique<SharingState>();
}

std::unique_ptr<const Sharing> make_sharing(std::string_view spec, std::string_view codec) {
    const auto chosen = strategies().select(spec);
    return chosen.make(chosen.options, codec);
}

Travel parse_travel(std::string_view where, std::string_view word) {
    constexpr std::array<std::pair<std::string_view, Travel>, 3> kWords{
        {{"whole", Travel::kWhole}, {"local", Travel::kLocal}, {"encoded", Travel::kEncoded}}};
    for (const auto& [name, travel] : kWords) {
        if (word == name) {
            return travel;
        }
    }
    throw std::invalid_argument(
        fmt::format("{}: got '{}', allowed whole, local, encoded", where, word));
}

std::unique_ptr<const Sharing> make_sharing(std::string_view spec,
                                            std::string_view codec,
                                            const ParameterLayout& layout,
                                            const PartOptions& parts) {
    auto sharing = make_sharing(spec, codec);
    const LayoutCounts counts = count_values(layout);
    const auto is_apart = [&](std::size_t count, Travel travel) {
        // Exact values are whole already, and cost no copy.
        return count > 0 && (travel == Travel::kLocal ||
                             (travel == Travel::kWhole && !sharing->sends_exact_values()));
    };
    if (!is_apart(counts.buffers, parts.buffers) && !is_apart(counts.frozen, parts.frozen)) {
        return sharing;
    }
    return std::make_unique<SharingInParts>(std::move(sharing), layout, parts);
}

OptionForm alpha_option(std::string fallback) {
    return named(
        "alpha", std::move(fallback), "fraction of the entries to send, above 0, at most 1");
}

}  // namespace murmur
