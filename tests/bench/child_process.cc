#include "tests/bench/child_process.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>

extern char** environ;

namespace murmur::bench {

namespace fs = std::filesystem;

namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

pid_t start(const fs::path& program, std::vector<std::string>& arguments) {
    std::string name = program.string();
    std::vector<char*> argv{name.data()};
    for (std::string& argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    if (posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
        throw std::runtime_error("cannot start " + name);
    }
    return child;
}

}  // namespace

ProcessCost run_process(const fs::path& program,
                        std::vector<std::string> arguments,
                        unsigned max_cpu_s) {
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = start(program, arguments);
    const rlimit limit{max_cpu_s, RLIM_INFINITY};
    prlimit(child, RLIMIT_CPU, &limit, nullptr);
    int status = 0;
    rusage usage{};
    wait4(child, &status, 0, &usage);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const bool in_time = !WIFSIGNALED(status) || WTERMSIG(status) != SIGXCPU;
    if (in_time && status != 0) {
        throw std::runtime_error(program.string() + " failed");
    }
    return {.in_time = in_time,
            .cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime),
            .wall_s = wall.count(),
            .peak_rss_gb = static_cast<double>(usage.ru_maxrss) * 1024 / 1e9};
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("cannot create a folder for results");
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace murmur::bench
