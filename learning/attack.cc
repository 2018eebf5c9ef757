#include "learning/attack.h"

namespace murmur {

AttackRegistry& attacks() {
    static AttackRegistry registry("attack", register_all);
    return registry;
}

std::unique_ptr<const Attack> make_attack(std::string_view spec, const AttackSetting& setting) {
    const auto chosen = attacks().select(spec);
    return chosen.make(chosen.options, setting);
}

}  // namespace murmur
