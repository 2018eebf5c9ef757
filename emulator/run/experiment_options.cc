#include "emulator/run/experiment_options.h"

namespace murmur {

ExperimentOptions::operator OptionTexts() const {
    OptionTexts texts;
    for_each_option(*this, [&](const char* name, const auto& field, auto...) {
        texts.emplace_back(name, option_text(field));
    });
    return texts;
}

}  // namespace murmur
