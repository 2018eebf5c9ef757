#include "emulator/base/replace_file.h"

#include "emulator/base/reaches_disk.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

namespace murmur {

void replace_file(const std::filesystem::path& path, std::string_view content) {
    const std::string unfinished = path.string() + ".tmp";
    std::FILE* const file = std::fopen(unfinished.c_str(), "wb");
    // On the disk before it has the name: a power cut would leave the name and none of the content.
    bool is_written = file != nullptr &&
                      std::fwrite(content.data(), 1, content.size(), file) == content.size() &&
                      std::fflush(file) == 0 && reaches_disk(fileno(file));
    int error = errno;
    if (file != nullptr && std::fclose(file) != 0 && is_written) {
        is_written = false;
        error = errno;
    }
    if (is_written && std::rename(unfinished.c_str(), path.c_str()) == 0) {
        return;
    }
    error = is_written ? errno : error;
    std::remove(unfinished.c_str());
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(error)));
}

}  // namespace murmur
