#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/past.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// Where in a run a checkpoint is, and what it is one of.
struct CheckpointMark {
    /// What must be the same when the run goes on, by name.
    using Traits = std::vector<std::pair<std::string, std::string>>;

    std::uint64_t round = 0;  ///< which all nodes are through with
    SimTime time{0};
    std::uint64_t num_tasks = 0;
    std::uint64_t digest = 0;
    unsigned ranks = 1;                ///< who wrote a part each
    std::uint64_t told_bytes = 0;      ///< of told.bin
    std::uint32_t told_check = 0;      ///< CRC-32 of these
    bool is_before_last_round = true;  ///< of all nodes: the run may be given more rounds
    Traits traits;

    /// Returns the value of a trait; empty where there is none.
    [[nodiscard]] std::string trait(const std::string& name) const;
};

/// Writes the parts of a run's checkpoints.
///
///     checkpoint/told.bin              what the simulation was told, one after the other
///     checkpoint/round-12/rank-0.bin   what was alive, of each rank
///     checkpoint/round-12/models/      a copy of the models saved so far
///     checkpoint/round-12/about.json   what it is one of
///
/// A folder has its name once all of it is written: before, it ends in `.tmp`.
/// Each of these: @throws std::runtime_error  naming the file and the system's reason
class CheckpointFiles {
  public:
    using Write = std::function<void(const PastSink& sink)>;

    /// @param folder  of all checkpoints; need not exist
    explicit CheckpointFiles(std::filesystem::path folder);
    ~CheckpointFiles();
    CheckpointFiles(const CheckpointFiles&) = delete;
    CheckpointFiles& operator=(const CheckpointFiles&) = delete;

    /// Removes what no run can go on from; where the run goes on from a checkpoint, what follows
    /// after that, else all.  Of the recorder alone, before anybody writes.
    void begin(const CheckpointMark* from);
    /// Removes what is not complete; of the recorder alone.
    void discard_unfinished();
    /// Writes what is alive on one rank.
    void write_part(std::uint64_t round, unsigned rank, const Write& write);
    /// Adds what the simulation was told; returns how much that is now, and its check.
    std::pair<std::uint64_t, std::uint32_t> add_told(const Write& write);
    /// Copies a folder of saved models, where there is one.
    void copy_models(std::uint64_t round, const std::filesystem::path& models);
    /// Gives a checkpoint its name, all parts being there, and removes those that it replaces: all
    /// but the latest from which the run can be given more rounds.
    void complete(const CheckpointMark& mark);

  private:
    [[nodiscard]] std::filesystem::path unfinished(std::uint64_t round) const;

    std::filesystem::path folder_;
    std::FILE* told_ = nullptr;
    std::uint64_t told_bytes_ = 0;
    std::uint32_t told_check_ = 0;
};

/// A checkpoint that a run goes on from.
struct Checkpoint {
    CheckpointMark mark;
    std::filesystem::path folder;  ///< its own
    std::shared_ptr<const Past> past;
};

/// Finds the latest checkpoint of a result folder and says what it is one of; nothing where there
/// is none.
/// @param for_more_rounds  one from which the run can be given more rounds
/// @throws std::invalid_argument  naming a file that is damaged
[[nodiscard]] std::optional<CheckpointMark> find_checkpoint(const std::filesystem::path& results,
                                                            bool for_more_rounds);

/// Reads the parts of a checkpoint.
/// @throws std::invalid_argument  naming the file that is missing, cut off or damaged
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& results,
                                         const CheckpointMark& mark);

/// Puts the saved models of a checkpoint in place of those of a result folder.
void restore_models(const Checkpoint& checkpoint, const std::filesystem::path& models);

}  // namespace murmur
