#include "learning/bounded_process.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <new>
#include <poll.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace murmur {
namespace {

constexpr char kReturned = 'r';
constexpr char kThrew = 't';

void limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
    const rlimit value{soft, hard};
    (void)setrlimit(resource, &value);
}

/// Returns the private memory of this process, which a limit counts from.
std::size_t data_bytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == "VmData:") {
            std::size_t kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

void restrict_this_process(const ProcessLimits& limits) {
    const auto cpu = static_cast<rlim_t>(limits.cpu.count());
    limit(RLIMIT_CPU, cpu, cpu + 5);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0);
    const rlim_t bytes = data_bytes() + limits.bytes;
    limit(RLIMIT_DATA, bytes, bytes);
    (void)std::signal(SIGXFSZ, SIG_IGN);
    for (const int signal : {SIGXCPU, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGINT, SIGTERM}) {
        (void)std::signal(signal, SIG_DFL);
    }
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
}

void write_all(int pipe, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(pipe, text.data(), text.size());
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

[[noreturn]] void be_the_copy(int pipe,
                              const ProcessLimits& limits,
                              const std::function<std::string()>& work) {
    restrict_this_process(limits);
    std::string answer;
    try {
        answer = kReturned + work();
    } catch (const std::bad_alloc&) {
        answer = kThrew + std::string("needs more memory than it may have");
    } catch (const std::exception& error) {
        answer = kThrew + std::string(error.what());
    }
    write_all(pipe, answer);
    // Nothing of this process's ends here twice: no destructors, no flushed buffers.
    _exit(0);
}

/// Reads what the copy says until it ends; kills it at the deadline.
std::string listen(int pipe, pid_t copy, std::chrono::steady_clock::time_point deadline) {
    std::string answer;
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd ready{pipe, POLLIN, 0};
        const int found = left.count() > 0 ? poll(&ready, 1, static_cast<int>(left.count())) : 0;
        if (found < 0 && errno == EINTR) {
            continue;
        }
        if (found <= 0) {
            (void)kill(copy, SIGKILL);
            return answer;
        }
        char chunk[4096];
        const ssize_t got = read(pipe, chunk, sizeof chunk);
        if (got <= 0) {
            return answer;
        }
        answer.append(chunk, static_cast<std::size_t>(got));
    }
}

int wait_for(pid_t copy) {
    int status = 0;
    while (waitpid(copy, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

std::string run_apart(const ProcessLimits& limits, const std::function<std::string()>& work) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot open a pipe");
    }
    const auto deadline = std::chrono::steady_clock::now() + limits.wall;
    const pid_t copy = fork();
    if (copy == 0) {
        close(ends[0]);
        be_the_copy(ends[1], limits, work);
    }
    close(ends[1]);
    if (copy < 0) {
        close(ends[0]);
        throw std::system_error(errno, std::generic_category(), "cannot start a process");
    }
    const std::string answer = listen(ends[0], copy, deadline);
    close(ends[0]);
    const int status = wait_for(copy);
    if (WIFEXITED(status) && !answer.empty() && answer.front() == kReturned) {
        return answer.substr(1);
    }
    if (WIFEXITED(status) && !answer.empty()) {
        throw std::invalid_argument(answer.substr(1));
    }
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)) {
        throw std::invalid_argument(
            fmt::format("takes longer than {} s of CPU time", limits.cpu.count()));
    }
    throw std::invalid_argument(
        WIFSIGNALED(status)
            ? fmt::format("ends the process with signal {} ({})",
                          WTERMSIG(status),
                          strsignal(WTERMSIG(status)))
            : std::string("ends the process"));
}

}  // namespace murmur
