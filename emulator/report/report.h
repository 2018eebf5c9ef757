#pragma once

#include <filesystem>

namespace murmur {

/// Writes `report.html`, one self-contained page, from the other files of a run folder.  Any of
/// them may be missing, as in an interrupted run: the page says what it could not show.  The same
/// files always give the same page.
/// @throws std::invalid_argument  if `run_folder` is no directory or holds no run
/// @throws std::runtime_error     "file:line: ..." if a file is malformed; if the page cannot be
///                                written
void write_report(const std::filesystem::path& run_folder);

}  // namespace murmur
