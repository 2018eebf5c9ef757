#pragma once

#include "tools/sweep/ledger.h"
#include "tools/sweep/outcome.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/request.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace murmur::sweep {

/// Runs a product of scenario options and keeps the tables of what came out up to date.
/// Writes a line per finished run to standard output.
class Sweep {
  public:
    /// Lays the runs out, opens the folder and finds out which runs are complete already.
    /// @throws std::invalid_argument  if the request makes no sweep or the folder cannot be used
    explicit Sweep(Request request);

    /// Asks the scenario about each combination of options that is still to run (`--check`).
    /// @throws std::invalid_argument  with what it said of those that it refuses, a line each
    void check();

    /// Runs what is not complete.  Ctrl-C ends the runs under way and starts no other.
    /// @return  whether there are tables; not after a Ctrl-C before the first run
    bool run();

    /// Returns 0 if all runs are complete, 130 after Ctrl-C, else 1.
    [[nodiscard]] int exit_code() const;

    /// Returns the folder of the sweep, or of its part.
    [[nodiscard]] const std::filesystem::path& out() const { return request_.out; }

  private:
    /// The ledger's entries of all runs.
    [[nodiscard]] Commands planned() const;
    [[nodiscard]] std::vector<std::string> ledger_entry(std::size_t run) const;
    /// @param goes_on  from the run's last checkpoint
    [[nodiscard]] std::vector<std::string> command(std::size_t run, bool goes_on) const;
    /// Returns whether an earlier sweep has left a checkpoint of this very run.
    [[nodiscard]] bool can_go_on(std::size_t run) const;
    /// Removes what a run could go on from.
    void forget_checkpoints(std::size_t run) const;
    /// Returns whether what has ended did so because its checkpoint is no good.
    [[nodiscard]] bool has_refused_checkpoint(const Ended& ended) const;
    /// Has a run begin anew whose checkpoint its program has refused; returns whether it was so.
    bool begins_anew(const Ended& ended);
    /// Refuses a share of this folder where others are of another number of shares.
    void check_parts() const;
    /// Waits until no run that an earlier sweep has left behind writes any more.
    void await_earlier_runs() const;
    [[nodiscard]] std::filesystem::path folder(std::size_t run) const;
    [[nodiscard]] std::filesystem::path log(std::size_t run) const;
    void share_cores();
    void start(std::size_t run, Children& children);
    void finish(const Ended& ended);
    void write_tables();
    void show_progress(const Children& children) const;
    [[nodiscard]] std::string time_left() const;

    Request request_;
    Plan plan_;
    std::optional<Ledger> ledger_;
    std::vector<Outcome> outcomes_;
    std::vector<std::size_t> to_do_;
    std::size_t jobs_ = 1;     ///< runs at a time
    std::size_t workers_ = 0;  ///< workers of each run; 0: the user's or the scenario's business
    std::size_t finished_ = 0;
    std::size_t already_ = 0;  ///< of these, before this process
    std::string revision_;     ///< of the scenario's program, as it says itself
    std::chrono::steady_clock::time_point begin_;
    std::vector<std::size_t> under_way_;
    std::set<std::size_t> going_on_;    ///< from a checkpoint, of these
    std::set<std::size_t> begun_anew_;  ///< their checkpoints were refused
    bool is_interrupted_ = false;
};

}  // namespace murmur::sweep
