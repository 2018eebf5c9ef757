#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur::decentralizepy {

/// Returns a text with small letters for ASCII's large ones.
[[nodiscard]] std::string lower_case(std::string_view text);

/// A configuration file: sections of keys, and which of them somebody has asked for.
class IniFile {
  public:
    /// Reads a file as localconfig does for DecentralizePy, with Python's ConfigParser:
    /// `[SECTION]`, `key = value` or `key: value`, keys in any case, comments on lines of their own
    /// behind `;` or `#`, lines that are indented deeper than their key as more of its value, and
    /// keys of
    /// `[DEFAULT]` in every section.  Other than there a comment may stand behind a value, too.
    /// @throws std::invalid_argument  `FILE(LINE): what is wrong`, also of a file over 1 MB
    static IniFile read(const std::string& path);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] bool has_section(const std::string& section) const;
    /// Returns whether a key stands in a section, be it empty.
    [[nodiscard]] bool has(const std::string& section, const std::string& key) const;

    /// Returns the value of a key, and takes it as dealt with; nothing where it is not there or
    /// empty.
    [[nodiscard]] std::optional<std::string> take(const std::string& section,
                                                  const std::string& key);
    /// The same of a key that nobody has asked for yet.
    [[nodiscard]] std::optional<std::string> take_left(const std::string& section,
                                                       const std::string& key);

    /// A key with its value, as it stands in the file.
    struct Entry {
        std::string section;
        std::string key;
        std::string value;
        std::string comment;  ///< behind the value, its mark included
        bool is_taken = false;
        bool is_default = false;  ///< stands in [DEFAULT] for this section
    };
    /// Returns all of them in the file's order, those of [DEFAULT] once for each section behind
    /// its own.
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    /// Returns the keys that nobody took, in the file's order; those of [DEFAULT] once, where no
    /// section's was taken.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> left() const;

    /// Returns where a key stands, for messages: `FILE: [SECTION] key`.
    [[nodiscard]] std::string where(std::string_view section, std::string_view key) const;

  private:
    [[nodiscard]] const Entry* find(const std::string& section, const std::string& key) const;
    void apply_defaults();

    std::string path_;
    std::vector<Entry> entries_;
    std::set<std::string> sections_;
};

}  // namespace murmur::decentralizepy
