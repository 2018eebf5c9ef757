#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/ranks/ranks.h"
#include "emulator/run/checkpoint_files.h"
#include "emulator/tasks/task_graph.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

namespace murmur {

/// How often a run is written down.
struct CheckpointPeriod {
    std::uint64_t rounds = 0;  ///< after every so many; 0: by time
    double seconds = 0;        ///< of real time, at the end of the round in which they are over
};

/// Reads `--checkpoint-every`: a count of rounds or a time; nothing where it is empty.
/// @throws std::invalid_argument
[[nodiscard]] std::optional<CheckpointPeriod> parse_checkpoint_period(std::string_view where,
                                                                      std::string_view text);

/// Writes a run down now and then, so that another process can go on from there.
///
/// A checkpoint is made when all nodes are through with a round.  The simulation waits until all
/// that was submitted has been learnt, and each rank writes what is alive of its own: the
/// simulation itself is not written, it is done again (docs/resume.md).
class Checkpoints {
  public:
    struct Parts {
        std::optional<CheckpointPeriod> period;  ///< none: nothing is written
        std::filesystem::path results;           ///< of rank 0, which tells the others
        const Checkpoint* from = nullptr;        ///< what the run goes on from; or null
        CheckpointMark::Traits traits{};
        std::filesystem::path models{};  ///< the folder of saved models; or empty
        TaskGraph& graph;
        Ranks* ranks = nullptr;  ///< null: this process alone
        std::uint64_t num_rounds = 0;
        /// Whether some node has finished the last round.
        std::function<bool()> is_last_round_reached;
        std::function<bool()> is_told_to_end;
        /// Writes what else a run that goes on must know; once.
        std::function<void(const PastSink&)> write_start;
    };

    explicit Checkpoints(Parts parts);
    Checkpoints(const Checkpoints&) = delete;
    Checkpoints& operator=(const Checkpoints&) = delete;

    /// Says that all nodes are through with a round, now.
    /// @throws std::runtime_error  where the run goes on from a checkpoint, and has come another
    /// way
    void note_round(std::uint64_t round, SimTime now);
    /// Gives those checkpoints their names of which all ranks have written their parts.
    void complete_written();

  private:
    using Clock = std::chrono::steady_clock;

    void meet_others();
    [[nodiscard]] bool is_due(std::uint64_t round, SimTime now);
    [[nodiscard]] bool decide_by_time(std::uint64_t round, SimTime now);
    [[nodiscard]] bool wait_for_learning();
    void write(std::uint64_t round, SimTime now);
    void write_as_recorder(std::uint64_t round, SimTime now);
    /// Says that this rank writes no more of them, and lets the others know.
    void give_up(const char* why);
    /// Writes no more where another rank does not.
    void follow_others();
    void end();
    void tell_recorder(std::uint64_t round, std::uint32_t word);

    Parts parts_;
    std::optional<CheckpointFiles> files_;
    bool records_;
    bool has_written_start_ = false;
    bool has_given_up_ = false;
    Clock::time_point written_at_ = Clock::now();

    std::mutex mutex_;
    std::map<std::uint64_t, CheckpointMark> pending_;      ///< by round; written here
    std::map<std::uint64_t, unsigned> written_by_others_;  ///< by round; how many
    bool has_other_given_up_ = false;
    std::map<std::uint64_t, bool> decisions_;  ///< of rank 0, by round
};

}  // namespace murmur
