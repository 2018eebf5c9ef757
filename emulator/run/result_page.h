#pragma once

#include "emulator/record/summary.h"

#include <string>

namespace murmur {

/// Makes the page of a run that has ended from its result files.  Where it cannot be made, the
/// summary says so; nothing else is lost.
void make_page(const std::string& run_folder, Summary& summary);

}  // namespace murmur
