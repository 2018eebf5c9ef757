#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace murmur::sweep {

/// What merging has come to.
struct Merged {
    std::string line;          ///< what was done, and what is missing
    bool is_complete = false;  ///< every part is there, and every run of theirs complete
};

/// Joins sweeps, or the parts of one, into one set of tables: sweep.csv, sweep-summary.csv and
/// sweep-rounds.csv over all of their runs, those that have not begun among them.  The runs stay
/// where they are.  Scenarios that differ are a column `scenario`, their revisions a column
/// `revision`; a flag is `true` where it was given.
/// @param folders  of sweeps, or of parts (`part-1-of-8`, ...)
/// @param out      where to write; empty: into the one folder of parts
/// @throws std::invalid_argument  where a folder holds no sweep, or `out` is needed
Merged merge(const std::vector<std::filesystem::path>& folders, std::filesystem::path out);

}  // namespace murmur::sweep
