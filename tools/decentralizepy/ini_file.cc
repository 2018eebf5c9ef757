#include "tools/decentralizepy/ini_file.h"

#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

namespace murmur::decentralizepy {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr const char* kDefault = "DEFAULT";
constexpr std::string_view kBlanks = " \t\v\f";

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
    if (file.bad()) {  // a folder opens, and does not read
        throw std::invalid_argument(fmt::format("{}: cannot be read", path));
    }
    if (text.size() > kMostBytes) {
        throw std::invalid_argument(
            fmt::format("{}: more than {} bytes, allowed a configuration file", path, kMostBytes));
    }
    return text;
}

/// Returns the lines of a text, which end as those of any system do; without a byte order mark.
std::vector<std::string> lines_of(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.erase(0, 3);
    }
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos;) {
        text.erase(at, 1);
    }
    std::ranges::replace(text, '\r', '\n');
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        lines.emplace_back(line);
    }
    return lines;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Returns a line up to where a comment begins in it, a `;` or `#` behind a blank, and the comment.
/// Python's reader has such comments be part of the value since version 3, but files of
/// DecentralizePy's own have them, and no value there is meant to have them in it.
std::pair<std::string_view, std::string_view> without_comment(std::string_view line) {
    for (std::size_t at = 1; at < line.size(); ++at) {
        const bool is_mark = line[at] == ';' || line[at] == '#';
        if (is_mark && kBlanks.find(line[at - 1]) != std::string_view::npos) {
            return {trimmed(line.substr(0, at)), line.substr(at)};
        }
    }
    return {line, {}};
}

/// Reads lines one after the other.
class Reader {
  public:
    explicit Reader(const std::string& path) : path_(path) {}

    void read(std::string_view line) {
        ++number_;
        const std::size_t indent = line.find_first_not_of(kBlanks);
        if (indent == std::string_view::npos) {
            // An empty line within a value is part of it, as it is there.
            if (has_key_) {
                entries.back().value += '\n';
            }
            return;
        }
        if (line[indent] == '#' || line[indent] == ';') {
            return;
        }
        const auto [text, comment] = without_comment(trimmed(line));
        if (has_key_ && indent > indent_) {
            entries.back().value += fmt::format("\n{}", text);
            add_comment(comment);
            return;
        }
        indent_ = indent;
        if (const std::size_t end = text.rfind(']');
            text.front() == '[' && end != std::string_view::npos && end > 1) {
            begin_section(std::string(text.substr(1, end - 1)));
        } else {
            begin_key(text);
            add_comment(comment);
        }
    }

    std::vector<IniFile::Entry> entries;
    std::set<std::string> sections;

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw std::invalid_argument(fmt::format("{}({}): {}", path_, number_, what));
    }

    void begin_section(std::string name) {
        has_key_ = false;
        section_ = std::move(name);
        if (!sections.insert(section_).second && section_ != kDefault) {
            fail(fmt::format("a second section [{}]", shown(section_)));
        }
    }

    void begin_key(std::string_view text) {
        if (sections.empty()) {
            fail(fmt::format("'{}' stands in no section", shown(text)));
        }
        const std::size_t separator = text.find_first_of("=:");
        const std::string key = lower_case(trimmed(text.substr(0, separator)));
        if (separator == std::string_view::npos || key.empty()) {
            fail(fmt::format("got '{}', allowed [SECTION] or key = value", shown(text)));
        }
        if (std::ranges::any_of(entries, [&](const IniFile::Entry& entry) {
                return entry.section == section_ && entry.key == key;
            })) {
            fail(fmt::format("a second '{}' in [{}]", shown(key), shown(section_)));
        }
        entries.push_back({.section = section_,
                           .key = key,
                           .value = std::string(trimmed(text.substr(separator + 1))),
                           .comment = {}});
        has_key_ = true;
    }

    void add_comment(std::string_view comment) {
        std::string& whole = entries.back().comment;
        whole += fmt::format("{}{}", whole.empty() || comment.empty() ? "" : " ", comment);
    }

    const std::string& path_;
    std::size_t number_ = 0;
    std::string section_;
    bool has_key_ = false;  // that a deeper line would go on with
    std::size_t indent_ = 0;
};

}  // namespace

std::string lower_case(std::string_view text) {
    std::string word(text);
    std::ranges::transform(
        word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
}

IniFile IniFile::read(const std::string& path) {
    IniFile ini;
    ini.path_ = path;
    Reader reader(ini.path_);
    for (const std::string& line : lines_of(read_text(path))) {
        reader.read(line);
    }
    ini.entries_ = std::move(reader.entries);
    ini.sections_ = std::move(reader.sections);
    for (Entry& entry : ini.entries_) {
        entry.value.erase(entry.value.find_last_not_of('\n') + 1);
    }
    ini.apply_defaults();
    return ini;
}

void IniFile::apply_defaults() {
    const std::vector<Entry> own = entries_;
    for (const std::string& section : sections_) {
        for (Entry entry : own) {
            if (entry.section == kDefault && section != kDefault && !has(section, entry.key)) {
                entry.section = section;
                entry.is_default = true;
                entries_.push_back(std::move(entry));
            }
        }
    }
}

const IniFile::Entry* IniFile::find(const std::string& section, const std::string& key) const {
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& entry) { return entry.section == section && entry.key == key; });
    return found == entries_.end() ? nullptr : &*found;
}

bool IniFile::has_section(const std::string& section) const {
    return sections_.contains(section);
}

bool IniFile::has(const std::string& section, const std::string& key) const {
    return find(section, key) != nullptr;
}

std::optional<std::string> IniFile::take(const std::string& section, const std::string& key) {
    std::optional<std::string> value;
    for (Entry& entry : entries_) {
        if (entry.section == section && entry.key == key) {
            entry.is_taken = true;
            value = entry.value.empty() ? std::nullopt : std::optional(entry.value);
        }
    }
    return value;
}

std::optional<std::string> IniFile::take_left(const std::string& section, const std::string& key) {
    const Entry* const entry = find(section, key);
    return entry != nullptr && !entry->is_taken ? take(section, key) : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> IniFile::left() const {
    const auto is_used = [&](const Entry& original) {
        return std::ranges::any_of(entries_, [&](const Entry& entry) {
            return entry.is_default && entry.is_taken && entry.key == original.key;
        });
    };
    std::vector<std::pair<std::string, std::string>> keys;
    for (const Entry& entry : entries_) {
        if (!entry.is_taken && !entry.is_default &&
            !(entry.section == kDefault && is_used(entry))) {
            keys.emplace_back(entry.section, entry.key);
        }
    }
    return keys;
}

std::string IniFile::where(std::string_view section, std::string_view key) const {
    return fmt::format("{}: [{}] {}", path_, section, key);
}

}  // namespace murmur::decentralizepy
