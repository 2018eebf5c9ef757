#pragma once

#include "emulator/base/sim_time.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

/// How the speeds of nodes change in simulated time: of each a step function, 1 before its first
/// step.
class SpeedTraces {
  public:
    struct Step {
        double from_s;
        double speed;  ///< above 0
        bool operator==(const Step&) const = default;
    };

    /// @param steps  [num_nodes], ascending in time
    explicit SpeedTraces(std::vector<std::vector<Step>> steps) : steps_(std::move(steps)) {}

    /// Returns how long work takes that begins at `start` and would take `seconds` at speed 1.
    [[nodiscard]] double duration_s(std::uint32_t node, SimTime start, double seconds) const;

  private:
    std::vector<std::vector<Step>> steps_;
};

/// Reads a trace: CSV with the header `time_s,node,speed`, times of a node ascending; a row without
/// a node is one of every node.  Null where `path` is empty.
/// @throws std::invalid_argument  PATH:LINE: what is wrong
[[nodiscard]] std::shared_ptr<const SpeedTraces> read_speed_traces(const std::string& path,
                                                                   std::uint32_t num_nodes);

/// Does the same for `--speed-trace`, which messages name.
[[nodiscard]] std::shared_ptr<const SpeedTraces> plan_speed_traces(const std::string& path,
                                                                   std::uint32_t num_nodes);

}  // namespace murmur
