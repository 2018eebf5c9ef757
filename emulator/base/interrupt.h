#pragma once

namespace murmur {

/// While one of these lives, the first SIGINT, SIGTERM or SIGHUP (a closed terminal; unless nohup
/// has it ignored) asks the run to end in an orderly way; a
/// second one ends the process as usual.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    [[nodiscard]] static bool is_requested();
};

}  // namespace murmur
