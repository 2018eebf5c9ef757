#pragma once

#include "emulator/report/figures.h"

#include <string>

namespace murmur::report {

/// Share of time that links were busy, over simulated time: mean and busiest of each place.
[[nodiscard]] Figure link_use_over_time_figure(const RunFolder& run);
/// Where the time of the slowest message of each round went; means of groups of many rounds.
[[nodiscard]] Figure slowest_transfer_figure(const RunFolder& run);
/// Returns a card with the busiest links as a table; empty where links were not measured.
[[nodiscard]] std::string busiest_links_card(const RunFolder& run);

}  // namespace murmur::report
