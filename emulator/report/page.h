#pragma once

#include "emulator/report/run_folder.h"

#include <string>

namespace murmur::report {

/// Returns the report as one HTML page, which is well-formed XML too.  It loads nothing and runs
/// no script, and its content security policy forbids both.
[[nodiscard]] std::string render_page(const RunFolder& run);

}  // namespace murmur::report
