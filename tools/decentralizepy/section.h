#pragma once

#include "tools/decentralizepy/ini_file.h"
#include "tools/decentralizepy/translation.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace murmur::decentralizepy {

constexpr std::int64_t kMostOfAnything = 1'000'000'000;

/// One section of a file, as it is translated.  Numbers come as they are written there; each method
/// that reads one throws std::invalid_argument, with the place, on anything else.
class Section {
  public:
    Section(IniFile& ini, Translation& translation, const char* name)
        : ini_(ini), translation_(translation), name_(name) {}

    [[nodiscard]] std::string where(std::string_view key) const { return ini_.where(name_, key); }
    [[nodiscard]] bool has(const char* key) const { return ini_.has(name_, key); }
    /// Returns the value of a key, if there is one, and takes it as dealt with.
    std::optional<std::string> take(const char* key) { return ini_.take(name_, key); }

    std::string text(const char* key, const std::string& otherwise);
    bool flag(const char* key, bool otherwise);
    /// A number that is not negative.
    std::string number(const char* key, const char* otherwise);
    /// A whole one above 0.
    std::string integer(const char* key, const char* otherwise);
    /// One above 0 that is at most 1.
    std::string share(const char* key, const char* otherwise);
    double fraction(const char* key, const char* otherwise);

    /// Names a key that changes nothing here, where it is there and not taken.
    void remark(const char* key, std::string_view why);
    /// Refuses a value that asks for what there is not.
    void require(const char* key, bool expected);
    /// Takes the key that says what module a class comes from, where that is `home` or one in it,
    /// and names it where the module is another class's.
    /// @throws std::invalid_argument  on any other: what its classes do is not known
    void module(const char* key, const std::string& home, const std::string& class_name = "");

  private:
    IniFile& ini_;
    Translation& translation_;
    const char* name_;
};

/// Returns whether a value is Python's None, as localconfig reads it.
[[nodiscard]] bool is_none(std::string_view text);

}  // namespace murmur::decentralizepy
