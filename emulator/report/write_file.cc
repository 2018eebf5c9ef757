#include "emulator/report/write_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace murmur::report {

void write_file(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::path unfinished = path;
    unfinished += ".tmp";
    std::ofstream out(unfinished, std::ios::binary);
    out << content;
    out.close();
    if (!out) {
        const std::string reason = std::strerror(errno);
        std::error_code ignored;
        std::filesystem::remove(unfinished, ignored);
        throw std::runtime_error(
            fmt::format("report: cannot write '{}': {}", path.string(), reason));
    }
    std::filesystem::rename(unfinished, path);
}

}  // namespace murmur::report
