#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace murmur::sweep {

/// Programs, their revisions and options, by run folder.
using Commands = std::map<std::string, std::vector<std::string>>;

/// Which run folders a sweep has made, in its folder, and which it was to make.
inline constexpr const char* kLedgerFile = "sweep.json";
inline constexpr const char* kPlanFile = "sweep-plan.json";

/// Reads such a file; nothing where there is none.
/// @throws std::invalid_argument  naming the file, where it is another one
[[nodiscard]] Commands read_commands(const std::filesystem::path& file);

/// The file `sweep.json` of a sweep's folder: which run folders the sweep made, and with which
/// program and options.  It tells a finished run from one of an earlier, different sweep, and keeps
/// the folder to one sweep at a time while it lives.
class Ledger {
  public:
    /// Opens the ledger of `folder`, which holds none at first.
    /// @throws std::invalid_argument  if the folder cannot be opened, is in use by another sweep,
    /// or
    ///         holds a sweep.json that is not a ledger
    explicit Ledger(const std::filesystem::path& folder);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    /// Tells whether this sweep or an earlier one in its place made the run folder.
    [[nodiscard]] bool has_made(const std::string& run_folder) const;
    /// Tells whether the run folder was made with exactly this command.
    [[nodiscard]] bool has_made(const std::string& run_folder,
                                const std::vector<std::string>& command) const;
    /// Notes down, on disk, all runs that this sweep has, begun or not: what of them is missing
    /// when sweeps are merged.
    void plan(const Commands& commands) const;
    /// Notes down, on disk, that the run folder is being made with this command.
    void note(const std::string& run_folder, const std::vector<std::string>& command);

  private:
    std::filesystem::path folder_;
    int lock_;  ///< descriptor of the folder; the system unlocks it when the process ends
    Commands commands_;
};

}  // namespace murmur::sweep
