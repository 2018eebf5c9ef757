// Runs of nodes that come and go, one of each kind of protocol.
#pragma once

#include "emulator/run/experiment_options.h"
#include "learning/random_stream.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <vector>

namespace murmur::test {

/// Returns options of 64 nodes and a small task: a run takes some 50 ms.
[[nodiscard]] ExperimentOptions crowd(const std::string& network);

/// A protocol that lives with nodes that come and go, and what it needs for it.
struct ChurnCase {
    const char* protocol;
    const char* sharing = "full";
    bool returns = true;  ///< nodes may come back
    const char* topology = "regular:4";
    const char* weights = "metropolis";

    [[nodiscard]] ExperimentOptions options(const std::string& network) const;
    /// Returns `back`, or what a node of this protocol can be back with.
    [[nodiscard]] std::string on_return(const std::string& back) const;
};

/// Returns one of each kind, of every protocol but `knn`, which has tests of its own.
[[nodiscard]] const std::vector<ChurnCase>& churn_cases();

/// Draws an instant at which half of the nodes leave for good.
[[nodiscard]] ExperimentOptions with_crash(ExperimentOptions options, RandomStream& draw);

/// Draws how long nodes are there and away; some join later.
[[nodiscard]] ExperimentOptions with_chance(ExperimentOptions options, RandomStream& draw);

/// Draws up to three times at which each of 24 nodes is away, and writes them into a file.
[[nodiscard]] ExperimentOptions with_file(ExperimentOptions options,
                                          const TemporaryFolder& folder,
                                          RandomStream& draw);

/// Says which run it is, for the message of a check.
[[nodiscard]] std::string description(const ExperimentOptions& options);

}  // namespace murmur::test
