#pragma once

#include <string>

namespace murmur {

/// Reads a ZIP file through and compares each entry with its size and its checksum, for libraries
/// that trust both.
/// @throws std::invalid_argument  naming the entry, where the file is none, is damaged or cut
void require_intact_zip(const std::string& path);

}  // namespace murmur
