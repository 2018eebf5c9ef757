#pragma once

#include "tools/text/words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// A text such as `shards:2` or `least-squares:features=8,samples=100`, cut at the first colon.
struct Spec {
    std::string name;
    std::string argument;       ///< what follows the colon, as written; may itself hold colons
    bool has_argument = false;  ///< tells `shards:` from `shards`
};

[[nodiscard]] Spec parse_spec(std::string_view text);

/// What may follow the colon of a choice, declared once: parsing, messages, help and documentation
/// all go by it.  `named`, `unset`, `word`, `flag`, `required`, `positional`, `rest` and
/// `may_be_left_out` make the kinds.
struct OptionForm {
    enum class Place {
        kNamed,       ///< key=value, in any order
        kFlag,        ///< the key alone, there or not: `file:graph.txt,undirected`
        kPositional,  ///< its place tells what it is: `small-world:4:0.1`
        kRest,        ///< all that is no named option, as a path, which may hold `:`, `,` and `=`
    };

    std::string key;       ///< the name by which it is read, and of a named one written
    std::string fallback;  ///< the text that holds where it is not given
    std::string shape;     ///< what stands for its value in help: `0.1`, `TIME`, `any|overlay`
    std::string help;
    Place place = Place::kNamed;
    bool is_required = false;
};

/// An option `key=value` that may be left out.
[[nodiscard]] OptionForm named(std::string key, std::string fallback, std::string help);
/// One that may be left out and then has no value; `shape` stands for it in help, as TIME.
[[nodiscard]] OptionForm unset(std::string key, std::string shape, std::string help);
/// One whose value is a word of a list, the first where it is left out.
[[nodiscard]] OptionForm word(std::string key, std::vector<std::string> words, std::string help);
/// A word that is there or not, and has no value.
[[nodiscard]] OptionForm flag(std::string key, std::string help);
/// One that must be given.
[[nodiscard]] OptionForm required(std::string key, std::string shape, std::string help);
/// A value known by its place, which must be given; `key` names it in messages.
[[nodiscard]] OptionForm positional(std::string key, std::string shape, std::string help);
/// All that is no named option: a path.
[[nodiscard]] OptionForm rest(std::string key, std::string shape, std::string help);
/// Returns a form that must be given as one that need not: then `fallback` holds.
[[nodiscard]] OptionForm may_be_left_out(OptionForm form, std::string fallback = "");

/// Returns how a choice is written: `top-k[:alpha=0.1,accumulation=none|changes|averaging]`.
[[nodiscard]] std::string syntax_of(const std::string& name, const std::vector<OptionForm>& forms);

/// The argument of a spec, read by the forms that were declared for it.  Every message begins with
/// `where` and says what was given and what is allowed.
class Options {
  public:
    /// @param where  what the options belong to, for messages: "dataset synthetic"
    /// @throws std::invalid_argument  on an option that was not declared, is given twice, or is
    ///                                missing; on an entry without a key, a value or the `=`
    Options(std::string where, const Spec& spec, std::vector<OptionForm> forms);

    /// Reads a list of options that no name goes before: `newreno,min-rto=1s`.
    /// @throws std::invalid_argument  as above
    [[nodiscard]] static Options of_list(std::string where,
                                         std::string_view text,
                                         std::vector<OptionForm> forms);

    /// Returns what the options belong to, as messages have it.
    [[nodiscard]] const std::string& where() const { return where_; }
    /// Returns whether there is such an option.
    [[nodiscard]] bool declares(std::string_view key) const;
    /// Returns whether the user gave this one.
    [[nodiscard]] bool has(std::string_view key) const;

    /// Returns the value as written, or what was declared to hold without it.
    [[nodiscard]] const std::string& text(std::string_view key) const;
    /// @throws std::invalid_argument  on anything that is not a whole number in [low, high]
    [[nodiscard]] std::int64_t integer(std::string_view key,
                                       std::pair<std::int64_t, std::int64_t> range) const;
    /// @throws std::invalid_argument  on anything that is not a number in [low, high]
    [[nodiscard]] double number(std::string_view key, std::pair<double, double> range) const;
    /// @throws std::invalid_argument  on anything that is not a number in [0, 1)
    [[nodiscard]] double below_one(std::string_view key) const;
    /// @throws std::invalid_argument  on anything that is not a number in (0, 1]
    [[nodiscard]] double fraction(std::string_view key) const;
    /// Returns the values of one written `0.1/0.2/1`.
    /// @throws std::invalid_argument  where one of them is not a number in (0, 1]
    [[nodiscard]] std::vector<double> fractions(std::string_view key) const;
    /// Returns the parts of one written `us-east,eu-west`; none where it is empty.
    [[nodiscard]] std::vector<std::string> list(std::string_view key) const;

    /// Returns what the word given for `key` stands for.
    /// @throws std::invalid_argument  on a word that is not among `words`
    template <class T>
    [[nodiscard]] T choice(std::string_view key,
                           const std::vector<std::pair<std::string, T>>& words) const {
        std::vector<std::string> allowed;
        for (const auto& [word, meaning] : words) {
            if (word == text(key)) {
                return meaning;
            }
            allowed.push_back(word);
        }
        refuse_word(key, allowed);
    }

    /// @throws std::invalid_argument  always: "where: what"
    [[noreturn]] void refuse(std::string_view what) const;

  private:
    struct Value {
        std::string text;
        bool is_given = false;
    };

    void read(const Spec& spec);
    void read_named(std::string_view entry);
    void take(std::string_view key, std::string value);
    void read_positions(std::string_view text);
    [[nodiscard]] std::vector<std::string> keys() const;
    [[nodiscard]] bool is_flag(std::string_view entry) const;
    [[nodiscard]] std::size_t place_of(std::string_view key) const;
    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[noreturn]] void refuse_word(std::string_view key,
                                  const std::vector<std::string>& allowed) const;

    std::string where_;
    std::vector<OptionForm> forms_;
    std::vector<Value> values_;  ///< [forms]
};

}  // namespace murmur
