#pragma once

#include <optional>
#include <string_view>

namespace murmur {

// Rates and times as files of networks have them, with or without a blank before the unit.

/// Reads "10Gbps", "2.5 Gbit/s", "155 Mb/s", "64k" (bits per second) or "1 MB/s"; none where the
/// unit is missing or anything else is wrong.
[[nodiscard]] std::optional<double> rate_of_text(std::string_view text);

/// Reads "5ms", "20 us" or "0.1 s" into seconds; none where the unit is missing or anything else is
/// wrong.
[[nodiscard]] std::optional<double> time_of_text(std::string_view text);

/// Returns a finite number; none where there is anything behind it.
[[nodiscard]] std::optional<double> plain_number(std::string_view text);

}  // namespace murmur
