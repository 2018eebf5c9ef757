#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace murmur {

/// What a progress line tells.
struct ProgressState {
    double rounds_done = 0;  ///< simulated and learnt, mean over the nodes
    std::uint64_t rounds = 0;
    double simulated_s = 0;                 ///< instant up to which that holds
    std::optional<double> mean_accuracy{};  ///< of the latest evaluated round
    std::optional<double> mean_loss{};
};

/// Returns the line for a state after `wall_s` of real time: round, simulated time, wall time,
/// accuracy (or loss, where there is none) and the expected time that is left.
[[nodiscard]] std::string progress_line(const ProgressState& state, double wall_s);

/// Shows how far a run has come, on the standard error stream: one line that renews itself on a
/// terminal, plain lines now and then elsewhere.
class Progress {
  public:
    explicit Progress(bool quiet);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(const ProgressState& state);

  private:
    bool quiet_;
    bool is_terminal_;
    bool has_line_ = false;
    std::chrono::steady_clock::time_point begin_;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace murmur
