#pragma once

#include "tests/support/temporary_folder.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace murmur::test {

/// Returns the simulated seconds after which the mean test loss over all nodes, each with its
/// latest row of metrics.csv, is at most `loss`; nothing where it never is.  Asks no round for its
/// number, so that synchronous and asynchronous runs compare.
[[nodiscard]] inline std::optional<double> seconds_to_loss(const std::filesystem::path& folder,
                                                           std::size_t num_nodes,
                                                           double loss) {
    constexpr std::size_t kTime = 0;
    constexpr std::size_t kNode = 1;
    constexpr std::size_t kTestLoss = 4;
    std::vector<std::vector<std::string>> rows = read_csv(folder / "metrics.csv");
    rows.erase(rows.begin());
    std::map<std::string, double> latest;
    double sum = 0;
    for (const std::vector<std::string>& row : rows) {
        double& of_node = latest[row[kNode]];
        sum -= of_node;
        of_node = std::stod(row[kTestLoss]);
        sum += of_node;
        if (latest.size() == num_nodes && sum <= loss * static_cast<double>(num_nodes)) {
            return std::stod(row[kTime]);
        }
    }
    return {};
}

}  // namespace murmur::test
