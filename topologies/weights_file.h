#pragma once

#include "topologies/mixing.h"

#include <string>

namespace murmur {

/// Mixing weights that were read, and one line of what was made of their file.
struct WeightsFile {
    MixingMatrix weights;
    std::string description;
};

/// Reads the mixing weights of a graph: lines `i j w_ij`, or a matrix of a line a row.  Rows sum to
/// 1 within 1e-6.  Of lines, a missing diagonal entry is the rest of its row, and where the file
/// has every edge in one direction, its weight is that of both.  Numbers are apart by blanks,
/// commas or semicolons; comments (#) are passed over.
/// @throws std::invalid_argument  "PATH:LINE: ..." on a line that is none of these, a weight off
///                                the graph's edges, an edge without a weight, a row that does not
///                                sum to 1
[[nodiscard]] WeightsFile read_weights_file(const std::string& path, const Graph& graph);

}  // namespace murmur
