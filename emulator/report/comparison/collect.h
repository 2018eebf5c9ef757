#pragma once

#include "emulator/report/run_folder.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace murmur::compare {

/// A run that takes part.
struct Member {
    /// Its folder, below the one that was given, or below the nearest one that holds all of them.
    std::string name;
    report::RunFolder run;
};

/// Finds the runs of folders: of a run itself, of runs in it, or of parts of a sweep in it.
/// @param notes  gets a line for each folder that holds a run without rounds or with a malformed
///               file, which is left out
/// @throws std::invalid_argument  where a folder holds no run, or no run is left
[[nodiscard]] std::vector<Member> collect(const std::vector<std::filesystem::path>& folders,
                                          std::vector<std::string>& notes);

}  // namespace murmur::compare
