#include "emulator/run/result_page.h"

#include "emulator/report/report.h"

#include <exception>

namespace murmur {

void make_page(const std::string& run_folder, Summary& summary) {
    try {
        write_report(run_folder);
    } catch (const std::exception& error) {
        if (summary.error.empty()) {
            summary.status = "failed";
            summary.error = error.what();
        }
    }
}

}  // namespace murmur
