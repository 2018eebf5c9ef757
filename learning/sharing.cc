#include "learning/sharing.h"

#include "learning/sharing/strategies.h"

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

std::unique_ptr<const Sharing> make_sharing(std::string_view spec, std::string_view codec) {
    const auto chosen = strategies().select(spec);
    return chosen.make(chosen.options, codec);
}

OptionForm alpha_option(std::string fallback) {
    return named(
        "alpha", std::move(fallback), "fraction of the entries to send, above 0, at most 1");
}

}  // namespace murmur
