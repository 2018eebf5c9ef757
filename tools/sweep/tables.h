#pragma once

#include "tools/sweep/outcome.h"
#include "tools/sweep/plan.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::sweep {

/// Returns the text of sweep.csv, one row per run in the plan's order: its folder, the varied
/// options, `status`, `exit_code`, the figures of summary.json, for its setting the number of
/// complete runs and `<figure>_mean` and `<figure>_ci95` over them, and `error`.
/// A figure that a run does not have is an empty field.
/// @pre outcomes.size() == plan.runs.size()
[[nodiscard]] std::string runs_table(const Plan& plan, const std::vector<Outcome>& outcomes);

/// Returns the text of sweep-summary.csv, one row per setting (the varied options except `seed`):
/// `runs`, `complete`, and `<figure>_mean` and `<figure>_ci95` over the complete runs.
/// The interval is mean +- ci95.
/// @pre outcomes.size() == plan.runs.size()
[[nodiscard]] std::string settings_table(const Plan& plan, const std::vector<Outcome>& outcomes);

/// Returns the text of sweep-rounds.csv, a row per complete run, round and figure: the run's
/// folder, the varied options, `seed` also where it does not vary, `round`, `sim_time_s`, `metric`,
/// `value`.
[[nodiscard]] std::string rounds_table(const Plan& plan, const std::vector<Outcome>& outcomes);

/// Compares the outcomes, and writes sweep.csv and sweep-summary.csv into a folder.
void write_tables(const Plan& plan,
                  std::vector<Outcome>& outcomes,
                  const std::filesystem::path& folder);

/// Replaces a file at once: a reader, a crash or a power cut finds the old text or the new one.
/// @throws std::runtime_error  if the file cannot be written in full
void replace_file(const std::filesystem::path& file, std::string_view text);

}  // namespace murmur::sweep
