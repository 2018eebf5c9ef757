#include "tools/decentralizepy/ini_file.h"

#include "tools/text/words.h"

#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace murmur::decentralizepy {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

/// Returns a line up to where a comment begins in it: a `;` or `#` behind a blank, as the package
/// that DecentralizePy reads its files with has it.  Its own files have such comments behind
/// values.
std::string without_comment(const std::string& line) {
    for (std::size_t at = 1; at < line.size(); ++at) {
        const bool is_mark = line[at] == ';' || line[at] == '#';
        if (is_mark && (line[at - 1] == ' ' || line[at - 1] == '\t')) {
            return line.substr(0, at);
        }
    }
    return line;
}

/// Returns the text of a file without its comments, lines of which stay as empty ones.
std::string read_text(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(fmt::format("{}: cannot be read", path));
    }
    std::string text;
    // Bounded: a device file has no end.
    for (char character = 0; file.get(character) && text.size() <= kMostBytes;) {
        text += character;
    }
    if (text.size() > kMostBytes) {
        throw std::invalid_argument(
            fmt::format("{}: more than {} bytes, allowed a configuration file", path, kMostBytes));
    }
    std::istringstream lines(text);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first != std::string::npos && line[first] != '#' && line[first] != ';') {
            kept += without_comment(line);
        }
        kept += '\n';
    }
    return kept;
}

}  // namespace

IniFile IniFile::read(const std::string& path) {
    IniFile ini;
    ini.path_ = path;
    std::istringstream text(read_text(path));
    boost::property_tree::ptree tree;
    try {
        boost::property_tree::read_ini(text, tree);
    } catch (const boost::property_tree::ini_parser_error& error) {
        throw std::invalid_argument(
            fmt::format("{}({}): {}", path, error.line(), shown(error.message())));
    }
    for (const auto& [section, keys] : tree) {
        if (keys.empty() && !keys.data().empty()) {
            throw std::invalid_argument(
                fmt::format("{}: '{}' stands in no section", path, shown(section)));
        }
        ini.sections_.insert(section);
        for (const auto& [key, value] : keys) {
            ini.entries_.push_back({section, key, value.data()});
        }
    }
    return ini;
}

bool IniFile::has_section(const std::string& section) const {
    return sections_.contains(section);
}

std::optional<std::string> IniFile::take(const std::string& section, const std::string& key) {
    for (Entry& entry : entries_) {
        if (entry.section == section && entry.key == key) {
            entry.is_taken = true;
            return entry.value.empty() ? std::nullopt : std::optional(entry.value);
        }
    }
    return std::nullopt;
}

std::optional<std::string> IniFile::take_left(const std::string& section, const std::string& key) {
    const bool is_left = std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.section == section && entry.key == key && !entry.is_taken;
    });
    return is_left ? take(section, key) : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> IniFile::left() const {
    std::vector<std::pair<std::string, std::string>> keys;
    for (const Entry& entry : entries_) {
        if (!entry.is_taken) {
            keys.emplace_back(entry.section, entry.key);
        }
    }
    return keys;
}

std::string IniFile::where(std::string_view section, std::string_view key) const {
    return fmt::format("{}: [{}] {}", path_, section, key);
}

}  // namespace murmur::decentralizepy
