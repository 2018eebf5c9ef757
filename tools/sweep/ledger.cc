#include "tools/sweep/ledger.h"

#include "tools/sweep/tables.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>

namespace murmur::sweep {
namespace {

int lock_folder(const std::filesystem::path& folder) {
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        throw std::invalid_argument(
            fmt::format("sweep: --out={}: {}", folder.string(), std::strerror(errno)));
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(descriptor);
        throw std::invalid_argument(
            fmt::format("sweep: --out={} is in use by another sweep", folder.string()));
    }
    return descriptor;
}

}  // namespace

Commands read_commands(const std::filesystem::path& file) {
    Commands commands;
    std::ifstream stream(file);
    if (!stream) {
        return commands;
    }
    try {
        nlohmann::json::parse(stream).get_to(commands);
    } catch (const nlohmann::json::exception& error) {
        throw std::invalid_argument(
            fmt::format("sweep: {} was not written by a sweep: {}", file.string(), error.what()));
    }
    return commands;
}

Ledger::Ledger(const std::filesystem::path& folder) : folder_(folder), lock_(lock_folder(folder)) {
    try {
        commands_ = read_commands(folder_ / kLedgerFile);
    } catch (...) {
        close(lock_);
        throw;
    }
}

Ledger::~Ledger() {
    close(lock_);
}

bool Ledger::has_made(const std::string& run_folder) const {
    return commands_.contains(run_folder);
}

bool Ledger::has_made(const std::string& run_folder,
                      const std::vector<std::string>& command) const {
    const auto found = commands_.find(run_folder);
    return found != commands_.end() && found->second == command;
}

void Ledger::plan(const Commands& commands) const {
    replace_file(folder_ / kPlanFile, nlohmann::json(commands).dump(2) + "\n");
}

void Ledger::note(const std::string& run_folder, const std::vector<std::string>& command) {
    commands_[run_folder] = command;
    replace_file(folder_ / kLedgerFile, nlohmann::json(commands_).dump(2) + "\n");
}

}  // namespace murmur::sweep
