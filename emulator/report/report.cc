#include "emulator/report/report.h"

#include "emulator/report/page.h"
#include "emulator/report/run_folder.h"
#include "emulator/report/write_file.h"

namespace murmur {

void write_report(const std::filesystem::path& run_folder) {
    report::write_file(run_folder / "report.html",
                       report::render_page(report::read_run_folder(run_folder)));
}

}  // namespace murmur
