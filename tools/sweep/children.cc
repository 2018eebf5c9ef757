#include "tools/sweep/children.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace murmur::sweep {
namespace {

/// Becomes `argv` in the freshly forked child; never returns.
[[noreturn]] void become(char* const* argv, const char* log, const sigset_t& signals) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGINT);
    sigprocmask(SIG_SETMASK, &signals, nullptr);
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (input >= 0 && output >= 0) {
        dup2(input, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        execvp(argv[0], argv);
    }
    std::fprintf(stderr, "%s: %s\n", argv[0], std::strerror(errno));
    std::fflush(stderr);
    _exit(127);
}

}  // namespace

Children::Children() {
    sigemptyset(&watched_);
    sigaddset(&watched_, SIGINT);
    sigaddset(&watched_, SIGTERM);
    struct sigaction hangup {};
    if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaddset(&watched_, SIGHUP);  // unless nohup has it ignored
    }
    sigaddset(&watched_, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched_, &before_);
}

Children::~Children() {
    for (const auto& [pid, id] : id_of_) {
        kill(-pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Children::start(std::size_t id,
                     const std::vector<std::string>& command,
                     const std::filesystem::path& log) {
    // Everything that allocates comes before the fork.
    std::vector<char*> argv;
    for (const auto& word : command) {
        argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid < 0) {
        throw std::system_error(errno, std::generic_category(), "sweep: fork");
    }
    if (pid == 0) {
        become(argv.data(), log.c_str(), before_);
    }
    // Here too: a Ctrl-C may come before the child has run.
    setpgid(pid, pid);
    id_of_.emplace(pid, id);
}

Ended Children::wait() {
    while (true) {
        constexpr int kLong = 3600;
        if (const auto ended = wait_for(kLong)) {
            return *ended;
        }
    }
}

std::optional<Ended> Children::wait_for(int seconds) {
    while (true) {
        for (const auto& [pid, id] : id_of_) {
            int status = 0;
            if (waitpid(pid, &status, WNOHANG) != pid) {
                continue;
            }
            const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            const Ended ended{.id = id,
                              .exit_code = signal != 0 ? 128 + signal : WEXITSTATUS(status),
                              .signal = signal};
            id_of_.erase(pid);
            return ended;
        }
        const timespec limit{seconds, 0};
        const int signal = sigtimedwait(&watched_, nullptr, &limit);
        if (signal < 0 && errno == EAGAIN) {
            return std::nullopt;
        }
        if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
            interrupt();
        }
    }
}

bool Children::is_interrupted() {
    sigset_t requests = watched_;
    sigdelset(&requests, SIGCHLD);
    const timespec no_time{};
    while (sigtimedwait(&requests, nullptr, &no_time) > 0) {
        interrupt();
    }
    return is_interrupted_;
}

void Children::interrupt() {
    for (const auto& [pid, id] : id_of_) {
        kill(-pid, is_interrupted_ ? SIGKILL : SIGINT);
    }
    is_interrupted_ = true;
}

}  // namespace murmur::sweep
