#include "tests/support/places.h"

#include <cstdlib>

namespace murmur::test {

std::filesystem::path repository() {
    // Only here: a path of this machine in the command of a compilation keeps ccache from using
    // what another clone compiled.
    return MURMUR_REPOSITORY;
}

std::string built_program(std::string_view name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

std::filesystem::path shared_file(const std::filesystem::path& name) {
    const char* const chosen = std::getenv("MURMUR_SHARED");
    return (chosen != nullptr ? std::filesystem::path(chosen) : repository() / ".." / "shared") /
           name;
}

}  // namespace murmur::test
