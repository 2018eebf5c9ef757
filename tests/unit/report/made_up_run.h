#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace murmur::test {

struct MadeUpRun {
    std::uint32_t nodes = 64;
    int rounds = 100;
    int eval_every = 1;  ///< rounds between evaluations
    std::uint32_t degree = 5;
    std::string status = "complete";
    std::string seed = "1";
};

/// Writes the files of a run that looks like one: accuracy that rises and levels off, nodes apart,
/// slow and fast devices and links.  No learning and no network behind it.
void write_made_up_run(const std::filesystem::path& folder, const MadeUpRun& run);

/// Replaces a file of the folder.
void write_file(const std::filesystem::path& path, const std::string& text);

/// Returns an empty folder for one test, below the system's folder for temporary files.
[[nodiscard]] std::filesystem::path fresh_folder(const std::string& name);

}  // namespace murmur::test
