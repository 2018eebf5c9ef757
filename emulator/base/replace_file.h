#pragma once

#include <filesystem>
#include <string_view>

namespace murmur {

/// Writes a file as a whole: beside its place first, then, when the disk holds all of it, renamed
/// into it, so that a full disk, the end of the process or a power cut leaves what was there
/// before.
/// @throws std::runtime_error  naming the file and the system's reason
void replace_file(const std::filesystem::path& path, std::string_view content);

}  // namespace murmur
