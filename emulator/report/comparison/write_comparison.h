#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace murmur::compare {

/// Sets the runs of folders side by side, in compare.html and compare.csv.
/// @param out  where to write
/// @return     what there is to say of the folders, a line each
/// @throws std::invalid_argument  where a folder holds no run that has finished a round
/// @throws std::runtime_error     where a file of a run is malformed, or `out` cannot be written
std::vector<std::string> write_comparison(const std::vector<std::filesystem::path>& folders,
                                          const std::filesystem::path& out);

}  // namespace murmur::compare
