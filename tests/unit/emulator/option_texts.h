#pragma once

#include "emulator/base/option_text.h"
#include "emulator/run/experiment_options.h"

#include <map>
#include <string>

namespace murmur::test {

/// Returns the text of each option's value, by name.
[[nodiscard]] inline std::map<std::string, std::string> option_texts(
    const ExperimentOptions& options) {
    std::map<std::string, std::string> texts;
    for_each_option(options, [&](const char* name, const auto& field, auto...) {
        texts[name] = option_text(field);
    });
    return texts;
}

}  // namespace murmur::test
