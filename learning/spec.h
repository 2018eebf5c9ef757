#pragma once

#include "tools/text/number.h"
#include "tools/text/spec.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// The `key=value,key=value` argument of a spec, read by type.  Every message begins with `where`
/// and says what was given and what is allowed.
class SpecOptions {
  public:
    /// @param where    what the options belong to, for messages: "dataset synthetic"
    /// @param allowed  the keys that may be given
    /// @throws std::invalid_argument  on a key that is not allowed or given twice, and on an entry
    ///                                without a key, a value or the `=` between them
    SpecOptions(std::string where, const Spec& spec, const std::vector<std::string>& allowed);

    /// Returns the value of `key`, or `fallback` where it is not given.
    /// @throws std::invalid_argument  on anything that is not a whole number in [low, high]
    [[nodiscard]] std::int64_t integer(const std::string& key,
                                       std::int64_t fallback,
                                       std::pair<std::int64_t, std::int64_t> range) const;

    /// Returns the value of `key`, or `fallback` where it is not given.
    /// @throws std::invalid_argument  on anything that is not a number in [low, high]
    [[nodiscard]] double number(const std::string& key,
                                double fallback,
                                std::pair<double, double> range) const;

    /// Returns the value of `key`, or `fallback` where it is not given.
    /// @throws std::invalid_argument  on anything that is not a number in (0, 1]
    [[nodiscard]] double fraction(const std::string& key, double fallback) const;

    /// Returns the values of `key`, written `0.1/0.2/1`, or `fallback` where it is not given.
    /// @throws std::invalid_argument  where one of them is not a number in (0, 1]
    [[nodiscard]] std::vector<double> fractions(const std::string& key,
                                                const std::vector<double>& fallback) const;

    /// Returns the value of `key` as written, or `fallback` where it is not given.
    [[nodiscard]] std::string text(const std::string& key, const std::string& fallback) const;

    /// Returns what the word given for `key` stands for, or `fallback` where none is given.
    /// @throws std::invalid_argument  on a word that is not among `words`
    template <class T>
    [[nodiscard]] T choice(const std::string& key,
                           T fallback,
                           const std::vector<std::pair<std::string, T>>& words) const {
        const auto found = values_.find(key);
        if (found == values_.end()) {
            return fallback;
        }
        std::vector<std::string> allowed;
        for (const auto& [word, meaning] : words) {
            if (word == found->second) {
                return meaning;
            }
            allowed.push_back(word);
        }
        refuse_word(key, found->second, allowed);
    }

  private:
    [[noreturn]] void refuse_word(const std::string& key,
                                  const std::string& got,
                                  const std::vector<std::string>& allowed) const;

    std::string where_;
    std::map<std::string, std::string> values_;
};

}  // namespace murmur
