#pragma once

#include "tests/reality/outcome.h"

#include <cstdint>
#include <string>
#include <vector>

namespace murmur::reality {

/// How jobs are measured.
struct MeasureOptions {
    std::size_t runs = 3;
    /// Runs whose last arrivals are further apart than this share are not kept: the machine was
    /// not quiet, or the job is chaotic.
    double tolerance = 0.05;
    std::string out;  ///< JSON file, read and added to
};

/// Why this machine cannot measure; empty if it can.
[[nodiscard]] std::string why_not_measure();

/// Measures jobs over real Linux TCP, and adds those that repeat to the file.
/// @return the names of those that do not repeat
/// @throws std::invalid_argument  if a name is none of a job
/// @throws std::runtime_error  if the file cannot be read or written
std::vector<std::string> measure(const std::vector<std::string>& names,
                                 const MeasureOptions& options);

}  // namespace murmur::reality
