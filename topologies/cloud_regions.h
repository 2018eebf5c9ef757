#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// One-way latencies between places.
struct LatencyTable {
    std::vector<std::string> names;
    std::vector<std::vector<double>> one_way_s;  ///< [from][to]
};

/// Returns the regions of a public cloud and the latencies between them: half of the average
/// round-trip times that IBM Cloud publishes for its VPC regions [IBM, 2024], the mean of both
/// directions rounded to whole milliseconds.  Two nodes of one region are 0.5 ms apart, half of a
/// round trip within or between its zones (0.1 to 2 ms there).
///
/// us-east is Washington DC, us-south Dallas, ca-east Toronto, sa-east Sao Paulo, eu-west London,
/// eu-central Frankfurt, eu-south Madrid, jp-east Tokyo, jp-west Osaka, au-east Sydney.
/// - [IBM, 2024] IBM Cloud Docs, Virtual Private Cloud: network latency dashboards, inter-region
///   latency, 27 July to 25 August 2024.
[[nodiscard]] const LatencyTable& cloud_regions();

/// Returns the part of a table that these names choose, in their order.
/// @throws std::invalid_argument  on a name that the table does not have, or that is given twice
[[nodiscard]] LatencyTable choose(const LatencyTable& table,
                                  const std::vector<std::string_view>& names);

}  // namespace murmur
