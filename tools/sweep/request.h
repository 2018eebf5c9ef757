#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::sweep {

/// One scenario option and the values it takes in turn.
struct Option {
    std::string name;                 ///< without the leading "--"
    std::vector<std::string> values;  ///< empty: a flag, which is passed on as it is
};

/// A share of a sweep, such as the second of eight.
struct Part {
    std::size_t number = 1;  ///< 1 ... count
    std::size_t count = 1;
};

/// What the user asked for: a product of option values, each to be one run of a scenario.
struct Request {
    std::filesystem::path program;     ///< the scenario's executable
    std::filesystem::path out;         ///< folder of the sweep
    std::vector<Option> options;       ///< in the order given; the last one varies fastest
    std::optional<std::size_t> jobs;   ///< runs at a time; absent: as many as fit the cores
    bool overwrite = false;            ///< run again what is complete already
    std::optional<Part> part;          ///< only these runs
    std::optional<std::size_t> slurm;  ///< write a job of so many parts instead of running
};

/// Returns the values that the text behind `--name=` stands for: its elements between commas,
/// where `3..6` counts 3,4,5,6 and `{...}` keeps the commas inside as part of one value.  An
/// element `key=value` is no value of its own, but belongs to the one before it, as in
/// `synthetic:train=3000,test=600`, unless that has the key already, as in `idle=1W,idle=2W`.
/// @throws std::invalid_argument  on an empty or repeated value, an unmatched brace, a range that
///         counts down or has more than 100,000 members
[[nodiscard]] std::vector<std::string> expand_values(std::string_view name, std::string_view text);

/// Returns the share of an array job that this process is, by Slurm's variables; nothing outside
/// of one.  These tell of the tasks that were submitted together: where some are submitted again,
/// their parts must be said.
/// @throws std::invalid_argument  where the variables are no numbers, or tell of no range
[[nodiscard]] std::optional<Part> part_of_slurm();

/// Returns the share that a folder of a sweep is of by its name, such as part-2-of-8; nothing of
/// another name.
[[nodiscard]] std::optional<Part> part_of_folder(const std::filesystem::path& folder);

/// Reads `PROGRAM --name=values... --out=DIR [--jobs=N] [--part=I/N] [--overwrite]`.
/// @throws std::invalid_argument  if the command line is not of that form
[[nodiscard]] Request parse_request(std::span<const std::string> arguments);

}  // namespace murmur::sweep
