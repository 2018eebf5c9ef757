#pragma once

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace murmur {

/// Makes sure that files 0, 1 and 2 are open, with /dev/null where the caller has closed them:
/// else the next file that is opened takes such a number, and what is said to the user lands in it.
/// A reader of the output that goes away ends no run, either.  The first thing that a program does.
inline void secure_standard_streams() {
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
        // Opens the lowest number that is free, which is this one: those below it are open.
        if (fcntl(number, F_GETFD) == -1 && open("/dev/null", O_RDWR) != number) {
            _exit(1);
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
}

/// Prints to the user; that nobody reads it, or a full disk, is no error of a run.
template <class... Args>
void say(std::FILE* stream, fmt::format_string<Args...> format, Args&&... args) {
    const std::string text = fmt::format(format, std::forward<Args>(args)...);
    std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace murmur
