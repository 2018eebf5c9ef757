#pragma once

#include "emulator/run/experiment_options.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace murmur {

/// What a command line asks for.
struct CommandLine {
    ExperimentOptions options;
    bool check = false;               ///< check everything, run nothing
    std::optional<std::string> help;  ///< text to print instead of running
    std::string config{};             ///< the file that `--config` names; empty without
    /// Defaults of ns-3's attributes, by their full names: of `--ns3::CLASS::ATTRIBUTE=value`, and
    /// of the experiment that `--config` runs again.
    std::map<std::string, std::string> ns3_defaults{};
};

/// Sets ns-3's defaults as a command line says, in the order of their names.
/// @throws std::invalid_argument  on one that ns-3 does not know
void set_ns3_defaults(const CommandLine& command);

/// Reads `--name=value` options over `defaults`; `--config=FILE` first takes those of an
/// experiment.json.
/// @throws std::invalid_argument  on an unknown or malformed option, in one line
[[nodiscard]] CommandLine parse_command_line(int argc,
                                             const char* const* argv,
                                             const std::string& name,
                                             const std::string& description,
                                             const ExperimentOptions& defaults);

/// Takes the options of an experiment.json over `options`.
/// @param option  that names it, for what is said of it
/// @throws std::invalid_argument  on a file that can't be read, an unknown name or a bad value
void read_config(const std::string& path,
                 ExperimentOptions& options,
                 std::string_view option = "config");

}  // namespace murmur
