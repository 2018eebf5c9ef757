#pragma once

#include "emulator/base/quantity.h"
#include "emulator/network/underlays/underlays.h"

#include "ns3/data-rate.h"
#include "ns3/nstime.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

// What several underlays need.  All of it throws std::invalid_argument, naming the option.

/// Draws one value per item, each from the stream of (seed, purpose, item).
[[nodiscard]] std::vector<double> draw_all(const Distribution& distribution,
                                           const NetworkOptions& options,
                                           std::string_view purpose,
                                           std::size_t count);
/// Draws the rates of the access links into a plan.
void draw_access_rates(const NetworkOptions& options, NetworkPlan& plan);
/// Reads R lines of R one-way latencies with units, separated by blanks or commas.
[[nodiscard]] std::vector<std::vector<double>> read_latency_matrix(const std::string& path);

/// Reads a rate with its unit; nothing where there is none, or no such option.
[[nodiscard]] std::optional<double> rate_option_bps(const Options& options, std::string_view key);
/// Reads a latency with its unit, likewise.
[[nodiscard]] std::optional<double> latency_option_s(const Options& options, std::string_view key);

[[nodiscard]] ns3::DataRate data_rate(double bps);
[[nodiscard]] ns3::Time latency_time(double seconds);

}  // namespace murmur
