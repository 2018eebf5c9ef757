#pragma once

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace murmur::sweep {

/// How a child process ended.
struct Ended {
    std::size_t id = 0;  ///< the number that start() was given
    int exit_code = 0;   ///< as a shell tells it: 128 + signal for a killed child
    int signal = 0;      ///< 0: it ended by itself
};

/// The child processes of a sweep.  Each has a process group of its own, so that Ctrl-C reaches
/// this object first: it passes the first one on as SIGINT, and kills the children on the second.
/// The children get SIGINT as well if the sweep itself dies.
///
/// Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD for the process while it lives; use one, from one
/// thread.
class Children {
  public:
    Children();
    ~Children();
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// Starts `command` with no input and with its output in the file `log`.  A program that
    /// cannot be executed ends with exit code 127 and the reason in `log`.
    /// @throws std::system_error  if no further process can be started
    void start(std::size_t id,
               const std::vector<std::string>& command,
               const std::filesystem::path& log);

    /// Waits until one child has ended, for some seconds at most; nothing where none has.
    /// @pre size() > 0
    [[nodiscard]] std::optional<Ended> wait_for(int seconds);
    /// Waits until one child has ended.
    /// @pre size() > 0
    [[nodiscard]] Ended wait();

    [[nodiscard]] std::size_t size() const { return id_of_.size(); }

    /// Tells whether Ctrl-C (or SIGTERM, SIGHUP) has come.
    [[nodiscard]] bool is_interrupted();

  private:
    void interrupt();

    std::map<pid_t, std::size_t> id_of_;
    sigset_t watched_{};
    sigset_t before_{};
    bool is_interrupted_ = false;
};

}  // namespace murmur::sweep
