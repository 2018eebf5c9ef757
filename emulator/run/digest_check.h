#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/ranks/ranks.h"
#include "emulator/tasks/task_graph.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace murmur {

/// Makes sure, round by round, that the events of all ranks go the same way: fails the run where
/// another rank's have gone otherwise than those of rank 0.
class DigestCheck {
  public:
    DigestCheck(Ranks& ranks, TaskGraph& graph);
    DigestCheck(const DigestCheck&) = delete;
    DigestCheck& operator=(const DigestCheck&) = delete;

    /// Says that the events of this rank have come to the end of a round, now.
    void note_round(std::uint64_t round, SimTime now);

  private:
    void compare(std::uint64_t round);

    struct Mark {
        SimTime time;
        std::uint64_t digest;
    };

    Ranks& ranks_;
    TaskGraph& graph_;
    std::mutex mutex_;
    std::map<std::uint64_t, Mark> marks_;                                  ///< by round
    std::map<std::pair<std::uint64_t, unsigned>, std::uint64_t> digests_;  ///< by round and rank
};

}  // namespace murmur
