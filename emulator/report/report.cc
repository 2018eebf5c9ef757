#include "emulator/report/report.h"

#include "emulator/report/page.h"
#include "emulator/report/run_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

namespace murmur {

void write_report(const std::filesystem::path& run_folder) {
    const std::string page = report::render_page(report::read_run_folder(run_folder));
    const std::filesystem::path path = run_folder / "report.html";
    // Renamed into place when whole: a full disk leaves an earlier report as it was.
    const std::filesystem::path unfinished = run_folder / "report.html.tmp";
    std::ofstream out(unfinished, std::ios::binary);
    out << page;
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

}  // namespace murmur
