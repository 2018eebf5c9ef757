#include "emulator/base/interrupt.h"

#include <atomic>
#include <csignal>

namespace murmur {

namespace {

std::atomic<bool> g_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write it");

bool g_hangs_up = false;  ///< nohup has not had SIGHUP ignored

void on_signal(int signal) {
    g_requested = true;
    std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptGuard::InterruptGuard() {
    g_requested = false;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    struct sigaction present {};
    g_hangs_up = sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler != SIG_IGN;
    if (g_hangs_up) {
        std::signal(SIGHUP, on_signal);
    }
}

InterruptGuard::~InterruptGuard() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    if (g_hangs_up) {
        std::signal(SIGHUP, SIG_DFL);
    }
}

bool InterruptGuard::is_requested() {
    return g_requested;
}

}  // namespace murmur
