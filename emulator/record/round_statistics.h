#pragma once

#include "emulator/network/network_record.h"
#include "emulator/nodes/observation.h"
#include "learning/byte_stream.h"
#include "learning/parameters.h"
#include "learning/value_io.h"

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

/// The mean squared distance of models from their mean, (1/N) sum ||x_i - mean x||^2, added up one
/// model at a time so that none has to be kept.
///
/// Added up in whole numbers, so that neither the order of models shows nor who has added which:
/// several ranks have the same sum as one.
class ConsensusSum {
  public:
    /// @param reference  x_0: the same for all models, near to them, so that what is added is small
    void add(const ParameterVector& model, const ParameterVector& reference);
    /// Adds what was added to another sum, with the same reference.
    void add(const ConsensusSum& other);
    /// Returns the distance over what was added, to 2^-60; NaN without any model; infinite where
    /// some parameter of a model is 2^22 or more away from the reference, or is no number.
    [[nodiscard]] double distance() const;

    void write(ByteSink& sink) const;
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] static ConsensusSum read(ByteSource& source);

  private:
    // Of x_i - x_0, [num_params]: in units of 2^-24, and the rest in units of 2^-64.
    std::vector<std::int64_t> high_;
    std::vector<std::int64_t> low_;
    unsigned __int128 squares_ = 0;  ///< sum ||x_i - x_0||^2, in units of 2^-60
    std::uint64_t count_ = 0;
    bool is_beyond_ = false;  ///< what these can hold
};

inline void write_value(const ConsensusSum& sum, ByteSink& sink) {
    sum.write(sink);
}
template <>
struct ValueReader<ConsensusSum> {
    static ConsensusSum read(ByteSource& source) { return ConsensusSum::read(source); }
};

}  // namespace murmur
