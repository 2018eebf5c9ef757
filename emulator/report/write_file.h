#pragma once

#include <filesystem>
#include <string_view>

namespace murmur::report {

/// Writes a page or a table as a whole: beside its place first, then renamed into it, so that a
/// full disk leaves an earlier one as it was.
/// @throws std::runtime_error  "report: cannot write 'PATH': REASON"
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace murmur::report
