#include "emulator/run/progress.h"

#include "emulator/base/standard_streams.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace murmur {

namespace {

constexpr std::chrono::seconds kPlainLinePeriod{5};

std::string clock_text(double seconds) {
    const auto whole = static_cast<long long>(seconds + 0.5);
    if (whole >= 3600) {
        return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    }
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(const ProgressState& state, double wall_s) {
    std::string line = fmt::format("round {:.0f}/{}  simulated {:.1f} s  wall {}",
                                   state.rounds_done,
                                   state.rounds,
                                   state.simulated_s,
                                   clock_text(wall_s));
    if (state.mean_accuracy) {
        line += fmt::format("  accuracy {:.1f} %", 100 * *state.mean_accuracy);
    } else if (state.mean_loss) {
        line += fmt::format("  loss {:.4g}", *state.mean_loss);
    }
    if (state.rounds_done > 0) {
        const double left = static_cast<double>(state.rounds) - state.rounds_done;
        line += fmt::format("  ETA {}", clock_text(wall_s * left / state.rounds_done));
    }
    return line;
}

Progress::Progress(bool quiet)
    : quiet_(quiet),
      is_terminal_(isatty(STDERR_FILENO) != 0),
      begin_(std::chrono::steady_clock::now()),
      next_(begin_ + (is_terminal_ ? std::chrono::seconds(0) : kPlainLinePeriod)) {}

Progress::~Progress() {
    if (has_line_) {
        say(stderr, "\n");
    }
}

void Progress::show(const ProgressState& state) {
    const auto now = std::chrono::steady_clock::now();
    if (quiet_ || now < next_) {
        return;
    }
    const double wall_s = std::chrono::duration<double>(now - begin_).count();
    const std::string line = progress_line(state, wall_s);
    if (is_terminal_) {
        say(stderr, "\r{}\x1b[K", line);
        std::fflush(stderr);
        has_line_ = true;
    } else {
        say(stderr, "{}\n", line);
        next_ = now + kPlainLinePeriod;
    }
}

}  // namespace murmur
