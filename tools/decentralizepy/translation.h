#pragma once

#include "tools/decentralizepy/command_line.h"
#include "tools/decentralizepy/ini_file.h"

#include <string>
#include <string_view>
#include <vector>

namespace murmur::decentralizepy {

/// Something that was said and is not among the options, with the reason.
struct Remark {
    std::string what;  ///< `[SECTION] key = value`, or `--option`
    std::string text;
};

/// The same experiment as a command of ours.
struct Translation {
    std::vector<std::string> options;  ///< of the scenario `dpsgd`, `--name=value`
    std::vector<Remark> remarks;

    /// @throws std::invalid_argument  on a value of several lines
    void add(std::string_view name, std::string_view value);
};

/// Translates an experiment; what is not translated is among the remarks.
/// @throws std::invalid_argument  on a class or a value that has no counterpart: where, what,
/// allowed
[[nodiscard]] Translation translate(IniFile ini, const CommandLine& line);

/// Translates the section DATASET, and returns the class of the dataset.
/// @throws std::invalid_argument  as above, and so do those below
std::string translate_dataset(IniFile& ini, Translation& translation);

/// Translates the section TRAIN_PARAMS, with the class of the dataset.
void translate_training(IniFile& ini,
                        Translation& translation,
                        const CommandLine& line,
                        const std::string& dataset);

/// Translates the section OPTIMIZER_PARAMS, and returns whether the optimizer remembers anything.
bool translate_optimizer(IniFile& ini, Translation& translation, const std::string& dataset);

/// Translates the section SHARING.
void translate_sharing(IniFile& ini, Translation& translation);

/// Returns whether a value is true, as localconfig reads it for DecentralizePy.
/// @throws std::invalid_argument  unless it is True, yes, on, False, no or off, in any case, 1 or 0
[[nodiscard]] bool parse_bool(const std::string& where, std::string_view text);

/// Returns the remark on a key of a file.
[[nodiscard]] Remark remark_on(std::string_view section,
                               std::string_view key,
                               std::string_view value,
                               std::string_view text);

}  // namespace murmur::decentralizepy
