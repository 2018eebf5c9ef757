#pragma once

#include "emulator/run/experiment_options.h"

#include <string>
#include <string_view>

namespace murmur {

/// Returns what `--help` prints: all options by group, with forms, defaults and examples, at most
/// 100 columns wide.
/// @param program      what the scenario is called
/// @param description  one line: what it shows
[[nodiscard]] std::string help_of_options(const std::string& program,
                                          const std::string& description,
                                          const ExperimentOptions& defaults);

/// Returns what `--help=OPTION` prints: what may be chosen, each with its options, a program's own
/// among them; for an option without a list, its line of the help.
/// @throws std::invalid_argument  where there is no such option
[[nodiscard]] std::string help_of_option(std::string_view option,
                                         const ExperimentOptions& defaults);

}  // namespace murmur
