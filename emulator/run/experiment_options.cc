#include "emulator/run/experiment_options.h"

namespace murmur {

ExperimentOptions::operator OptionValues() const {
    OptionValues values;
    for_each_option(*this, [&](const char* name, const auto& field, auto...) {
        values.emplace_back(name, option_value(field));
    });
    return values;
}

}  // namespace murmur
