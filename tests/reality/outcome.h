#pragma once

#include "tests/reality/job.h"

#include <cstdint>
#include <string>
#include <vector>

namespace murmur::reality {

/// What came of a job, real or simulated.
struct Outcome {
    /// One round: when each message had arrived, [messages]; several: when the last host had all of
    /// each round, [rounds]. In seconds; not a number where it never came to that.
    std::vector<double> seconds;
    std::uint64_t retransmissions = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t in_doubt = 0;  ///< messages
    std::uint64_t drops = 0;     ///< packets; real ones only

    /// When the last of them was there.
    [[nodiscard]] double last() const;
};

/// A job and its real outcome.
struct Measured {
    RealityJob job;
    std::vector<double> seconds;  ///< as Outcome's, medians of several runs
    double last = 0;         ///< the last of them; of a job by chance the median of each run's last
    std::uint64_t runs = 1;  ///< how many there were
};

/// The middle one; the mean of the middle two of an even number.
/// @pre there are some
[[nodiscard]] double median(std::vector<double> values);

/// Reads a file of measured times: a JSON object by job name; of each job
/// `nodes_up_down_bps_latency_ns`, `real_seconds_by_message` or `real_seconds_by_round` and, if
/// it is by chance, `last_by_run`.
/// @throws std::runtime_error  naming the file and what is wrong in it
[[nodiscard]] std::vector<Measured> read_measured(const std::string& path);

}  // namespace murmur::reality
