#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur::decentralizepy {

/// A configuration file: sections of keys, and which of them somebody has asked for.
class IniFile {
  public:
    /// Reads a file as Python's configuration readers do: `[SECTION]`, `key = value`, and comments
    /// behind `;` or `#`, which begin a line or stand behind a blank.
    /// @throws std::invalid_argument  `FILE(LINE): what is wrong`, also of a file over 1 MB
    static IniFile read(const std::string& path);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool has_section(const std::string& section) const;

    /// Returns the value of a key, and takes it as dealt with; nothing where it is not there or
    /// empty.
    [[nodiscard]] std::optional<std::string> take(const std::string& section,
                                                  const std::string& key);
    /// The same of a key that nobody has asked for yet.
    [[nodiscard]] std::optional<std::string> take_left(const std::string& section,
                                                       const std::string& key);
    /// Returns the keys that nobody took, in the file's order.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> left() const;

    /// Returns where a key stands, for messages: `FILE: [SECTION] key`.
    [[nodiscard]] std::string where(std::string_view section, std::string_view key) const;

  private:
    struct Entry {
        std::string section;
        std::string key;
        std::string value;
        bool is_taken = false;
    };
    std::string path_;
    std::vector<Entry> entries_;
    std::set<std::string> sections_;
};

}  // namespace murmur::decentralizepy
