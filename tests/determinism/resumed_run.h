// Runs that are killed, or have ended, and go on from a checkpoint.
#pragma once

#include "tests/support/run_files.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace murmur::test {

/// A small run with checkpoints: ended, killed and gone on with, in a folder.
class ResumedRun {
  public:
    /// @param options  as `small_command` takes them
    explicit ResumedRun(std::vector<std::string> options) : options_(std::move(options)) {}

    /// Returns the files of the same run without a checkpoint.
    [[nodiscard]] RunFiles undisturbed(const std::vector<std::string>& more = {}) const;
    /// Runs to the end on so many ranks, with checkpoints.
    [[nodiscard]] RunFiles run(unsigned ranks = 1);
    /// Starts the run, or goes on with it where there is a checkpoint, and kills it after so long;
    /// returns whether it was at its end before.
    [[nodiscard]] bool run_and_kill(std::chrono::milliseconds after, unsigned ranks = 1);
    /// The same of one rank of several, drawn; says how long the others took to end, and whether
    /// they named it.
    struct RankKill {
        bool was_at_its_end;
        std::chrono::milliseconds took;
        bool is_named;
        std::string said;
    };
    [[nodiscard]] RankKill run_and_kill_rank(std::chrono::milliseconds after,
                                             unsigned ranks,
                                             unsigned victim);
    /// Kills one rank so long after the first of them is there, wherever they are in their start;
    /// returns how long the others took to end.
    [[nodiscard]] std::chrono::milliseconds kill_in_start(std::chrono::milliseconds after,
                                                          unsigned ranks,
                                                          unsigned victim);
    /// Runs to the end on so many ranks, of which one cannot write its part of any checkpoint that
    /// comes after the hundredth round; returns what the run said.
    [[nodiscard]] std::string run_with_full_disk(unsigned ranks, unsigned victim);
    /// Goes on, to the end.
    [[nodiscard]] RunFiles resume(unsigned ranks = 1, const std::vector<std::string>& more = {});
    /// Goes on to the end, from the start where there is no checkpoint yet.
    [[nodiscard]] RunFiles finish();
    /// Returns the exit code of going on, and what that said.
    [[nodiscard]] std::pair<int, std::string> try_resume(const std::vector<std::string>& more,
                                                         unsigned ranks = 1);

    [[nodiscard]] std::filesystem::path out() const { return folder_.path() / "run"; }

  private:
    [[nodiscard]] std::vector<std::string> command(unsigned ranks, bool goes_on) const;

    TemporaryFolder folder_;
    std::vector<std::string> options_;
};

}  // namespace murmur::test
