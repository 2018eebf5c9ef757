#include "tools/replay/json_field.h"

#include <fstream>

namespace murmur::replay {

Json read_json_file(const std::filesystem::path& path) {
    std::ifstream stream(path);
    // A folder opens, and only reading it fails.
    if (!stream.is_open() || std::filesystem::is_directory(path)) {
        throw std::invalid_argument(fmt::format("{}: cannot be opened", path.string()));
    }
    try {
        return Json::parse(stream);
    } catch (const Json::exception& error) {
        throw std::invalid_argument(fmt::format("{}: {}", path.string(), error.what()));
    }
}

}  // namespace murmur::replay
