// Runs of several ranks, as a launcher starts them.
#pragma once

#include "tests/support/run_files.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace murmur::test {

/// Returns the command that starts a program on so many ranks of this machine.
/// @param patience_s  for how long the launcher waits before it tells ranks to end, and again
///                    before it kills them: `./murmur run` has 4, most tests do not need it
[[nodiscard]] std::vector<std::string> launched(unsigned ranks,
                                                std::vector<std::string> command,
                                                unsigned patience_s = 2);

/// Returns whether this build has an engine for ranks, and this machine its launcher; says that
/// cases are skipped where not.
[[nodiscard]] bool has_launcher();

/// Returns the command of a run of ten nodes and three rounds that takes a fraction of a second,
/// with further options, of which those of the same name count.
[[nodiscard]] std::vector<std::string> small_command(const std::vector<std::string>& options);

/// Returns options of small runs: of every protocol, and of what else a run can have.
[[nodiscard]] std::vector<std::vector<std::string>> kinds_of_runs();

/// Checks that two runs have left the same files.
void check_same_files(const RunFiles& one, const RunFiles& other);

/// Runs a command and returns its exit code; what it prints is in the file `said`.
[[nodiscard]] int run_command(const std::vector<std::string>& command,
                              const std::filesystem::path& said);

/// Returns the ids of the processes that run a program with this text among its arguments, but for
/// its launcher's.
[[nodiscard]] std::vector<pid_t> processes_with(const std::string& argument);

/// On what a run is run.
struct RanksAndWorkers {
    unsigned ranks;
    unsigned workers;  ///< of each rank
};

/// Checks that a run gives the same files on each of these as on one rank with one worker.
void check_same_files_of(const std::vector<std::string>& options,
                         const std::vector<RanksAndWorkers>& others);

}  // namespace murmur::test
