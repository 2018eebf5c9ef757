#pragma once

#include "emulator/network/network_record.h"
#include "emulator/nodes/observation.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace murmur {

/// Mean, extremes and standard deviation (of the population) of some values; all NaN without any.
struct Spread {
    double mean = std::numeric_limits<double>::quiet_NaN();
    double min = mean;
    double max = mean;
    double std = mean;
};

[[nodiscard]] Spread spread_of(std::span<const double> values);

/// One row of rounds.csv: a round over all nodes.  Figures of learning are about honest ones alone.
struct RoundRow {
    std::uint64_t round = 0;
    Spread time_s;
    Spread accuracy;
    Spread loss;
    Spread own_accuracy;  ///< of nodes on their own test data
    Spread own_loss;
    double train_loss_mean = std::numeric_limits<double>::quiet_NaN();
    double consensus_distance = std::numeric_limits<double>::quiet_NaN();
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_content = 0;
    std::uint32_t nodes = 0;    ///< that have finished it
    std::uint32_t tested = 0;   ///< of these: were tested, and are what figures of tests are over
    double joules = 0;          ///< of all nodes so far; 0 where that is not asked for
    std::uint64_t samples = 0;  ///< learnt from
    std::optional<std::uint64_t> tokens{};     ///< the same; empty where samples are no texts
    std::optional<SlowestTransfer> slowest{};  ///< empty where the network is not measured
};

/// Adds what more nodes have sent, used and learnt from so far.
/// @param more  the observation of one, or the row of several
template <class Totals>
void add_totals(const Totals& more, RoundRow& row) {
    row.bytes_sent += more.bytes_sent;
    row.bytes_content += more.bytes_content;
    row.joules += more.joules;
    row.samples += more.samples;
    if (more.tokens) {
        row.tokens = row.tokens.value_or(0) + *more.tokens;
    }
}

/// Sums up a round.
/// @param nodes  one observation per node that has finished it, ascending; every value that has a
/// handle exists
[[nodiscard]] RoundRow summarize_round(std::span<const Observation> nodes);

}  // namespace murmur
