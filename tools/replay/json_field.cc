#include "tools/replay/json_field.h"

#include <algorithm>
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

std::string Field::number_behind(std::string_view text, std::string_view word) const {
    const std::size_t place = text.find(word);
    if (place != std::string_view::npos) {
        text.remove_prefix(place + word.size());
        text = text.substr(0, std::min(text.find_first_not_of("0123456789.e-"), text.size()));
        const std::string_view number =
            text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
        if (!number.empty()) {
            return std::string(number);
        }
    }
    refuse(fmt::format("says no number behind '{}', got {}", word, brief(json)));
}

}  // namespace murmur::replay
