#pragma once

#include "emulator/report/figures.h"
#include "emulator/report/run_folder.h"

namespace murmur::report {

/// Who learns from what: labels against nodes, the darker the more samples.  Of many nodes some,
/// evenly apart.
[[nodiscard]] Figure labels_figure(const RunFolder& run);

/// Samples of each node: bars, or a histogram for many nodes; none where all have as many.
[[nodiscard]] Figure samples_figure(const RunFolder& run);

}  // namespace murmur::report
